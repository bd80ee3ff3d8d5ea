import { readFileSync } from 'node:fs'
import * as z from 'zod'
import type { Clock } from '../../../src/ports/index.ts'
import { forkChild } from '../fork-child.ts'
import { type Order, resultSchema } from './messages.ts'

const PEER = new URL('../upload/upload-server.child.ts', import.meta.url)
const GENERATOR = new URL('./generator.child.ts', import.meta.url)
const SAMPLE_MS = 250
const IDLE_MS = 1_000
const MEGABYTE = 1_024 * 1_024
const KB = 1_024

/**
 * What the uploads of an order cost another reader of forms, over its idle: samples of the second half.
 * @param kind of `upload-server.child.ts`
 */
export async function heldByPeer(
  kind: string,
  order: Extract<Order, { kind: 'uploads' }>,
  clock: Clock,
): Promise<number[]> {
  await using parts = new AsyncDisposableStack()
  const peer = await forkChild(PEER, [kind], z.object({ port: z.int() }))
  parts.defer(() => peer.close())
  const api = `http://127.0.0.1:${peer.hello.port}`
  const phones = await forkChild(GENERATOR, [api], z.object({ ready: z.literal(true) }))
  parts.defer(() => phones.close())
  await clock.sleep(IDLE_MS)
  const idleBytes = rssBytesOf(peer.pid)
  const startMs = clock.now()
  const samples: { readonly atMs: number; readonly bytes: number }[] = []
  const answering = phones.ask(order)
  while (clock.now() < startMs + order.overMs) {
    await clock.sleep(SAMPLE_MS)
    samples.push({ atMs: clock.now(), bytes: rssBytesOf(peer.pid) - idleBytes })
  }
  const { answers } = resultSchema.parse(await answering)
  if (answers.some(({ status }) => status !== 200)) throw new Error(`${kind} refused an upload`)
  return samples
    .filter(({ atMs }) => atMs > startMs + order.overMs / 2 && atMs < startMs + order.overMs * 0.95)
    .map(({ bytes }) => bytes / MEGABYTE)
}

function rssBytesOf(pid: number): number {
  const kilobytes = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kilobytes) * KB
}
