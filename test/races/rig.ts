import { deliver } from '../../src/dispatch/index.ts'
import {
  type JobId,
  type JobRecord,
  objectNames,
  shardOfJob,
  UnavailableError,
} from '../../src/kernel/index.ts'
import type { JobStore, ObjectStore } from '../../src/ports/index.ts'
import { seededRandom } from '../support/audio.ts'
import { type Rooms, wireRooms } from '../support/rooms.ts'
import { toneName, tones } from '../support/tones.ts'
import { createWorld, INVOKER, type World, type WorldOptions } from '../support/world.ts'
import { at, createGate, gated } from './gates.ts'

/** Past a lease that nobody renews. */
export const LEASE_OVER_MS = 16_000
const HOUR_MS = 3_600_000

/** A world with one accepted job of two files, a segment each. */
export async function accepted(
  options: WorldOptions = {},
): Promise<{ readonly world: World; readonly jobId: JobId }> {
  const world = createWorld({
    transcribe: async ({ pcm }) => ({
      text: `tone ${pcm[0]} by call ${world.calls.length}`,
      words: [],
    }),
    ...options,
  })
  const { jobId } = await world.upload(filesOf(world))
  return { world, jobId }
}

export function filesOf(world: World): Record<string, Uint8Array> {
  const start = world.clock.now() - HOUR_MS
  return {
    [toneName(start)]: tones([100, 2]),
    [toneName(start + 1_000_000)]: tones([300, 2]),
  }
}

/** Renewals that get no answer for as long as they are cut: the lease lapses under its holder. */
export function cuttableRenewals(): {
  cut: boolean
  readonly inFront: (store: JobStore) => JobStore
} {
  const wire = {
    cut: false,
    inFront: (store: JobStore): JobStore => ({
      ...store,
      renew: async (claim) => {
        if (wire.cut) throw new UnavailableError('no answer', { party: 'redis' })
        return store.renew(claim)
      },
    }),
  }
  return wire
}

/** A second process over the world's stores, its wall clock off by so much. */
export function anotherProcess(world: World, offMs: () => number = () => 0): Rooms {
  const { clock, objects, store, queue, naming, delivery } = world
  const { speechToText, decoder, detector } = delivery.pipeline
  return wireRooms({
    clock: {
      now: () => clock.now() + offMs(),
      monotonicMs: clock.monotonicMs,
      sleep: clock.sleep,
      after: clock.after,
    },
    ...{ objects, store, queue, naming, speechToText, decoder, detector },
    events: delivery.events,
    random: seededRandom(99),
    dispatchMode: 'cloud_tasks',
    deps: {},
  })
}

/** Delivers a job's first task to that process. */
export function deliverBy({ delivery }: Rooms, world: World, jobId: JobId) {
  return deliver(delivery, {
    authorization: INVOKER,
    retryCount: '1',
    stop: new AbortController().signal,
    body: JSON.stringify({
      schema_version: 1,
      job_id: jobId,
      uid_shard: shardOfJob(jobId),
      generation: 0,
      manifest: objectNames.manifest(world.uidHash, jobId),
    }),
  })
}

export async function recordOf(world: World, jobId: JobId): Promise<JobRecord> {
  const record = await world.records.read(jobId)
  if (!record) throw new Error('the record is gone')
  return record
}

/** All that is durable or seen of a job: equal before and after, nothing has happened. */
export async function snapshot(world: World, jobId: JobId): Promise<unknown> {
  const outcome = await world.memory.read(objectNames.outcome(world.uidHash, jobId))
  return {
    view: await world.records.view(jobId),
    marks: [...(await world.records.marks(jobId))].sort(),
    names: await world.names(''),
    texts: await world.texts(),
    outcome: outcome && Buffer.from(outcome.bytes).toString(),
    tasks: world.tasks.live().map(({ task }) => task.name),
  }
}

export const startsWith = (prefix: string) => (name: unknown) => String(name).startsWith(prefix)
const endsWith = (suffix: string) => (name: unknown) => String(name).endsWith(suffix)

type StoreStep = readonly ['store', keyof JobStore, ((claim: unknown, marks: unknown) => boolean)?]
type ObjectStep = readonly ['objects', keyof ObjectStore, (name: unknown) => boolean]

/** Every effect of a run, in its order, and what the queue hears of a holder that comes to it late. */
export const STEPS: readonly (readonly [string, StoreStep | ObjectStep, status: number])[] = [
  ['tells its stage and what is in flight', ['store', 'mark'], 409],
  ['creates a plan', ['objects', 'create', startsWith('plans/')], 409],
  ['creates a transcript', ['objects', 'create', startsWith('transcripts/')], 409],
  ['writes the timeline', ['objects', 'replace', startsWith('timelines/')], 409],
  ['marks a segment', ['store', 'mark', (_, marks) => Object(marks).length > 0], 409],
  ['freezes the result', ['store', 'beginEnding'], 409],
  ['writes the outcome', ['objects', 'create', startsWith('outcomes/')], 200],
  ['deletes a blob', ['objects', 'delete', endsWith('.bin')], 200],
  ['deletes the manifest', ['objects', 'delete', endsWith('manifest.json')], 200],
  ['ends and settles the record', ['store', 'finalize'], 200],
]

/** A holder parked just before one of its effects; its renewals get no answer from there on. */
export async function parkedHolder(
  step: StoreStep | ObjectStep,
  moment: 'before' | 'after' = 'before',
) {
  const gate = createGate()
  const renewals = cuttableRenewals()
  const { world, jobId } = await accepted({
    store: (store) =>
      renewals.inFront(
        step[0] === 'store' ? gated(store, at(gate, step[1], moment, step[2])) : store,
      ),
    objects: (objects) =>
      step[0] === 'objects' ? gated(objects, at(gate, step[1], moment, step[2])) : objects,
  })
  const run = world.deliver(jobId, { retryCount: 0 })
  await gate.reached
  // Its neighbour segment goes as far as it can.
  await world.clock.advance(0)
  renewals.cut = true
  return { world, jobId, run, gate, renewals }
}
