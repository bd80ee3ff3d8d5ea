import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import * as z from 'zod'

/** What `npm run local` writes down of itself. */
export const stackSchema = z.object({
  api: z.string(),
  redis: z.string(),
  gcs: z.string(),
  staging_bucket: z.string(),
  tasks: z.object({ control: z.string() }),
  service_pid: z.int(),
  speech_faults: z.string(),
})
export type LocalStack = z.infer<typeof stackSchema>

/** One way to hurt the local stack, and what comes of it without anybody's help. */
export interface Harm {
  readonly name: string
  readonly what: string
  readonly heals: string
  strike(stack: LocalStack, times: number): Promise<void>
}

export const HARMS: readonly Harm[] = [
  {
    name: 'kill',
    what: 'SIGKILL the service, whatever it is doing',
    heals: 'the queue tries again after its backoff (18 s) and the next attempt goes on',
    strike: async (stack) => void process.kill(stack.service_pid, 'SIGKILL'),
  },
  {
    name: 'drop',
    what: 'the next deliveries are lost on their way',
    heals: 'each is tried again after its backoff; the fifth loss leaves the job to recovery',
    strike: (stack, times) => fault(stack, { on: 'delivery', kind: 'drop', times }),
  },
  {
    name: 'duplicate',
    what: 'the next deliveries come twice at once',
    heals: 'one claims the job, the other is answered 409 and comes again to find it done',
    strike: (stack, times) => fault(stack, { on: 'delivery', kind: 'duplicate', times }),
  },
  {
    name: 'delay',
    what: 'the next deliveries come 20 s late',
    heals: 'nothing is to be healed: waiting is not failing',
    strike: (stack, times) => fault(stack, { on: 'delivery', kind: 'delay', ms: 20_000, times }),
  },
  {
    name: 'exhaust',
    what: 'every attempt of the next tasks fails before it reaches the service',
    heals: 'recovery finds the task gone and enqueues the next generation, within two minutes',
    strike: (stack, times) => fault(stack, { on: 'delivery', kind: 'drop', times: 5 * times }),
  },
  {
    name: 'purge',
    what: 'the queues lose all their tasks',
    heals: 'recovery enqueues what is due again, within two minutes',
    strike: (stack) => post(`${stack.tasks.control}/purge`),
  },
  {
    name: 'pause',
    what: 'the queues deliver nothing until `chaos resume`',
    heals: 'nothing: jobs wait, and none is called dead',
    strike: (stack) => post(`${stack.tasks.control}/pause`),
  },
  {
    name: 'resume',
    what: 'the queues deliver again',
    heals: 'what waited is delivered at once',
    strike: (stack) => post(`${stack.tasks.control}/resume`),
  },
  {
    name: 'gcs-503',
    what: 'the next calls of the object store fail with 503',
    heals: 'calls are repeated; an upload that still fails is refused 503 and keeps its audio',
    strike: (stack, times) => post(`${stack.gcs}/__faults`, { status: 503, times }),
  },
  {
    name: 'gcs-cut',
    what: 'the next downloads are cut in their middle',
    heals: 'a cut is never taken for an end: it goes on from there, and size and checksum decide',
    strike: (stack, times) =>
      post(`${stack.gcs}/__faults`, { operation: 'read', cutBodyAfterBytes: 1_000, times }),
  },
  {
    name: 'gcs-stall',
    what: 'the next downloads stop sending',
    heals: 'after 15 s without a byte they go on from there',
    strike: (stack, times) =>
      post(`${stack.gcs}/__faults`, { operation: 'read', stallBodyAfterBytes: 1_000, times }),
  },
  {
    name: 'stt-503',
    what: 'the next calls of speech-to-text fail with 503',
    heals: 'their jobs wait without spending an attempt, 30 s each time, and then go on',
    strike: orderSpeechFaults,
  },
  {
    name: 'flush',
    what: 'Redis forgets everything',
    heals: 'jobs come back from their manifests, by their tasks or by the sweep, and end once',
    strike: (stack) => flushRedis(stack.redis),
  },
  {
    name: 'expire-blobs',
    what: 'the staged audio of every job is gone, its manifest is not',
    heals: 'jobs end with what landed and `sync_staged_audio_expired`; the app uploads them again',
    strike: expireBlobs,
  },
]

function fault(stack: LocalStack, rule: unknown): Promise<void> {
  return post(`${stack.tasks.control}/faults`, rule)
}

async function post(url: string, body?: unknown): Promise<void> {
  const answer = await fetch(url, {
    method: 'POST',
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch((cause: unknown) => {
    throw new Error('the stack does not run any more', { cause })
  })
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`)
}

/** Redis takes a command as a plain line; it needs no client. */
async function flushRedis(url: string): Promise<void> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.write('FLUSHALL\r\n')
  const [answer] = await once(socket, 'data')
  socket.destroy()
  if (!String(answer).startsWith('+OK')) throw new Error(`Redis answered ${String(answer).trim()}`)
}

/** One file, one failure: the service takes them as it calls. */
async function orderSpeechFaults(
  { speech_faults: folder }: LocalStack,
  times: number,
): Promise<void> {
  await mkdir(folder, { recursive: true })
  await Promise.all(Array.from({ length: times }, () => writeFile(join(folder, randomUUID()), '')))
}

const listSchema = z.object({ items: z.array(z.object({ name: z.string() })).default([]) })

async function expireBlobs({ gcs, staging_bucket: bucket }: LocalStack): Promise<void> {
  const objects = `${gcs}/storage/v1/b/${bucket}/o`
  const answer = await fetch(`${objects}?prefix=staging/&maxResults=1000`)
  const { items } = listSchema.parse(await answer.json())
  const blobs = items.filter(({ name }) => !name.endsWith('/manifest.json'))
  await Promise.all(
    blobs.map(({ name }) => fetch(`${objects}/${encodeURIComponent(name)}`, { method: 'DELETE' })),
  )
}
