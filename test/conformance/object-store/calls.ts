import { randomUUID } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { createCrc32c } from '../../../src/adapters/native-crc/index.ts'
import type { ObjectStore } from '../../../src/ports/index.ts'

export const TEXT = { contentType: 'text/plain' }
export const WHY = new Error('the caller gave up')

/** Each method of the port, called so that it would succeed on a fresh name or say "missing". */
export const CALLS = {
  create: (store, name, signal) => store.create(name, bytes('x'), { ...TEXT, signal }),
  createFromStream: (store, name, signal) =>
    store.createFromStream(name, chunked([bytes('x')]), { ...TEXT, signal }),
  read: (store, name, signal) => store.read(name, signal),
  openRead: (store, name, signal) => buffer(store.openRead(name, signal)),
  stat: (store, name, signal) => store.stat(name, signal),
  replace: (store, name, signal) =>
    store.replace(name, bytes('x'), { ...TEXT, ifGeneration: '0', signal }),
  delete: (store, name, signal) => store.delete(name, signal),
  list: (store, name, signal) => store.list(name, { limit: 1, signal }),
} satisfies Record<
  keyof ObjectStore,
  (store: ObjectStore, name: string, signal: AbortSignal) => Promise<unknown>
>

export function fresh(suffix = 'object'): string {
  return `${randomUUID()}/${suffix}`
}

export function bytes(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(text))
}

export async function* chunked(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks
}

export async function textOf(store: ObjectStore, name: string): Promise<string | undefined> {
  const read = await store.read(name)
  return read && Buffer.from(read.bytes).toString()
}

export function crcOf(contents: Uint8Array): string {
  const sum = createCrc32c()
  sum.update(contents)
  return sum.digest()
}

export async function generationBy(writing: ReturnType<ObjectStore['replace']>): Promise<string> {
  const result = await writing
  if (result.kind !== 'written') throw new Error('the write was refused')
  return result.generation
}
