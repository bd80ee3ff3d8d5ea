import { join } from 'node:path'
import * as z from 'zod'
import { startGcsServer } from '../../../src/local/gcs/index.ts'
import { alternate, type Runner } from '../alternate.ts'
import { atMost, type BenchContext, type BenchReport } from '../bench.ts'
import { cpuUsOf } from '../cpu-of.ts'
import { forkChild } from '../fork-child.ts'
import { medianOf } from '../statistics.ts'

const STAGER = new URL('./stager.child.ts', import.meta.url)
const MEGABYTE = 1_024 * 1_024
const FILE_BYTES = 8 * MEGABYTE
const FILES = 3
const ROUNDS = 5
const BUCKET = 'bench-staging'
const OF_PIPE = 3.3
const OF_DEFAULTS = 1 / 3
const helloSchema = z.object({ ready: z.literal(true) })

const HELD = 'sync-dispatcher, file held'
const PIPE = 'raw HTTP pipe'
const DEFAULTS = 'storage client, its defaults'
const KINDS: readonly (readonly [kind: string, name: string, role: Runner['role']])[] = [
  ['held', HELD, 'ours'],
  ['stream', 'sync-dispatcher, streamed through', 'ours'],
  ['pipe', PIPE, 'floor'],
  ['client', DEFAULTS, 'peer'],
]

/** G13: the CPU of putting 8 MB into the store with a checksum. */
export async function runStaging(context: BenchContext): Promise<BenchReport> {
  await using parts = new AsyncDisposableStack()
  const gcs = await startGcsServer({
    folder: join(context.folder, 'gcs'),
    port: 0,
    buckets: [BUCKET],
    now: () => context.clock.now(),
  })
  parts.defer(() => gcs.close())
  const runners: Runner[] = []
  let nth = 0
  for (const [kind, name, role] of KINDS) {
    const args = [kind, gcs.endpoint, BUCKET, String(FILE_BYTES)]
    const child = await forkChild(STAGER, args, helloSchema)
    parts.defer(() => child.close())
    runners.push({
      name,
      role,
      sample: async () => {
        const before = cpuUsOf(child.pid)
        for (let i = 0; i < FILES; i += 1) {
          nth += 1
          await child.ask({ name: `staged/${nth}` })
        }
        return (cpuUsOf(child.pid) - before) / ((FILES * FILE_BYTES) / MEGABYTE)
      },
    })
  }
  context.say(`${FILES} files of 8 MB for each of ${runners.length}, ${ROUNDS} rounds`)
  const contestants = await alternate(runners, ROUNDS)
  const ours = medianOf(contestants, HELD)
  return {
    measures: [{ what: 'a file staged', unit: 'us CPU/MB', reference: PIPE, contestants }],
    goals: [
      atMost(`ours <= ${OF_PIPE} x the pipe`, ours / medianOf(contestants, PIPE), OF_PIPE),
      atMost('ours <= 1/3 of the defaults', ours / medianOf(contestants, DEFAULTS), OF_DEFAULTS),
    ],
    notes: [
      'The store is another process, over real HTTP. The pipe sends no checksum; the others do.',
      'Files up to 8 MiB are held for a retry; larger ones stream through a resumable session.',
    ],
  }
}
