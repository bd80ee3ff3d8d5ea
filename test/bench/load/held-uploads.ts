import { join } from 'node:path'
import { until } from '../../support/until.ts'
import { atMost, type BenchContext, type BenchReport, type Contestant } from '../bench.ts'
import { median } from '../statistics.ts'
import { heldByPeer } from './held-peers.ts'
import type { Order } from './messages.ts'
import { bundleService, startLoadStack } from './stack.ts'

const MEGABYTE = 1_024 * 1_024
const FILE_BYTES = 8 * MEGABYTE
const IDLE_MS = 3_000
const OVER_MS = 12_000
const FIRST_OVER_MS = 500
const FIRST_ENDS_WITHIN_MS = 60_000
const LIMIT_MB = 96
const FEW = 50
const MANY = 200
const FLAT = 1.15
const PEERS: readonly (readonly [kind: string, name: string, role: Contestant['role']])[] = [
  ['pipe', 'node pipe', 'floor'],
  ['busboy', '@fastify/busboy', 'part'],
  ['multer-memory', 'multer, into memory', 'peer'],
]

/** G14: what uploads that are held open cost the process in memory, over its idle. */
export async function runHeldUploads(context: BenchContext): Promise<BenchReport> {
  const bundle = await bundleService(join(context.folder, 'dist'))
  const few = await heldMb(context, bundle, FEW)
  const many = await heldMb(context, bundle, MANY)
  const peers: Contestant[] = []
  for (const [kind, name, role] of PEERS) {
    context.say(`${FEW} uploads of 8 MB to ${name}`)
    peers.push({ name, role, samples: await heldByPeer(kind, orderOf(FEW), context.clock) })
  }
  return {
    measures: [
      {
        what: 'uploads of 8 MB held open: memory over idle',
        unit: 'MB',
        reference: `${FEW} at once`,
        contestants: [
          { name: `${FEW} at once`, role: 'ours', samples: few },
          { name: `${MANY} at once`, role: 'ours', samples: many },
          ...peers.map((peer) => ({ ...peer, name: `${peer.name}, ${FEW} at once` })),
        ],
      },
    ],
    goals: [
      atMost(`${FEW} at once <= ${LIMIT_MB} MB`, median(few), LIMIT_MB),
      atMost(`${MANY} at once <= ${FLAT} x ${FEW}`, median(many) / median(few), FLAT),
    ],
    notes: [
      `The bundle of a deployment, defaults, bodies in even parts over ${OVER_MS / 1_000} s; RSS in the second half of that.`,
      'Of 48 MiB for invisible retries every byte may be held; what does not fit streams through.',
    ],
  }
}

function orderOf(count: number): Extract<Order, { kind: 'uploads' }> {
  return {
    ...{ kind: 'uploads', name: 'held', speech: false, count, bytes: FILE_BYTES },
    ...{ overMs: OVER_MS, spreadMs: 0 },
  }
}

async function heldMb(context: BenchContext, bundle: string, count: number): Promise<number[]> {
  context.say(`${count} uploads of 8 MB`)
  await using stack = await startLoadStack({
    ...context,
    folder: join(context.folder, `held-${count}`),
    speechMs: 0,
    settings: { ADMISSION_MAX_LOOP_DELAY_MS: '60000' },
    concurrentDispatches: 1,
    bundle,
  })
  // What the first upload and its job load stays: an instance at work has it, however few it holds.
  await stack.ask({ ...orderOf(1), overMs: FIRST_OVER_MS })
  await until('the first job ends', () => stack.tasksLeft() === 0, FIRST_ENDS_WITHIN_MS)
  const idleMs = context.clock.now()
  await context.clock.sleep(IDLE_MS)
  const idle = median(stack.samples.flatMap((one) => (one.atMs > idleMs ? [one.rssBytes] : [])))
  const startMs = context.clock.now()
  const answers = await stack.ask(orderOf(count))
  const refused = answers.filter(({ status }) => status !== 202)
  if (refused.length > 0) throw new Error(`${refused.length} uploads were not taken`)
  const held = stack.samples.filter(
    ({ atMs }) => atMs > startMs + OVER_MS / 2 && atMs < startMs + OVER_MS * 0.95,
  )
  return held.map(({ rssBytes }) => (rssBytes - idle) / MEGABYTE)
}
