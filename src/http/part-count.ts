import type { EventEmitter } from 'node:events'
import type { BusboyInstance } from '@fastify/busboy'

/**
 * How many parts the form has, those included that the parser passes over without a word (no name, a
 * line break in it). Reaches into the parser, which offers no other way to know; fails closed should
 * its inside change. @returns the count so far
 */
export function countParts(parser: BusboyInstance): () => number {
  const inner: unknown = Reflect.get(parser, '_parser')
  const splitter: unknown = inner instanceof Object ? Reflect.get(inner, 'parser') : undefined
  if (!isEmitter(splitter)) throw new Error('the multipart parser offers no part events')
  let parts = 0
  splitter.on('part', () => {
    parts += 1
  })
  return () => parts
}

function isEmitter(value: unknown): value is EventEmitter {
  return value instanceof Object && typeof Reflect.get(value, 'on') === 'function'
}
