import { createMemoryJobStore } from '../../../src/adapters/memory/job-store.ts'
import { createMemoryObjectStore } from '../../../src/adapters/memory/object-store.ts'
import {
  createMemoryTaskQueue,
  type MemoryTask,
  type MemoryTaskQueue,
} from '../../../src/adapters/memory/task-queue.ts'
import { createCrc32c } from '../../../src/adapters/native-crc/index.ts'
import { createTimelineStore } from '../../../src/adapters/timeline/index.ts'
import { createArchive } from '../../../src/durable/index.ts'
import {
  createNaming,
  DAY_MS,
  type JobId,
  newJobId,
  objectNames,
  RunAbortedError,
  shardOfUid,
} from '../../../src/kernel/index.ts'
import type { JobStore, NewTask, ObjectStore, TaskQueue } from '../../../src/ports/index.ts'
import { createCounters, createEvents, createLogger } from '../../../src/telemetry/index.ts'
import { seededRandom } from '../../support/audio.ts'
import { type Rooms, wireRooms } from '../../support/rooms.ts'
import { simulatedClock } from '../../support/simulated-clock.ts'
import { UID } from '../../support/world.ts'
import { type Client, createClient } from './client.ts'
import { watchHolders } from './holders.ts'
import { isCancelled, type Ledger, openLedger } from './ledger.ts'
import { createLife, type Life } from './life.ts'
import { observeObjects, observeStore } from './observe.ts'
import { createProvider, type Provider } from './provider.ts'
import { contentsOf, createSoundReader, type LawContent } from './sounds.ts'

export interface FleetConfig {
  readonly dispatchMode: 'inline' | 'cloud_tasks'
  readonly userSlots: number
  readonly maxFruitlessAttempts: number
}

/** One process of the service. */
export interface Process {
  readonly id: number
  readonly life: Life
  readonly rooms: Rooms
  /** Uploads under way: aborting one is its client going away. */
  readonly uploads: Set<AbortController>
  /** Deliveries under way, and how the queue hears of them. */
  readonly deliveries: Set<(status: number) => void>
}

export interface Fleet {
  readonly clock: ReturnType<typeof simulatedClock>
  readonly ledger: Ledger
  readonly contents: readonly LawContent[]
  readonly client: Client
  readonly provider: Provider
  readonly bucket: ReturnType<typeof createMemoryObjectStore>
  readonly tasks: MemoryTaskQueue
  readonly store: JobStore
  readonly archive: ReturnType<typeof createArchive>
  readonly conversations: ReturnType<typeof createTimelineStore>
  readonly processes: Process[]
  readonly created: MemoryTask['task'][]
  /** Calls that processes made of the world. */
  readonly calls: number
  startProcess(): Process
  shutDown(process: Process): void
  flush(): void
  /** Every job that recovery will look at some day. */
  owed(): Promise<ReadonlySet<JobId>>
  /** Waits until all that needs no time is done. */
  atRest(): Promise<void>
}

const naming = createNaming('the secret of the laws, long enough to be one')
const reader = createSoundReader()
const events = createEvents({
  logger: createLogger({ level: 'silent', destination: { write: () => undefined } }),
  counters: createCounters(),
})
const START_MS = Date.UTC(2026, 5, 1, 12)
const contents = contentsOf(naming, UID, START_MS)
const A_JOB = newJobId(new Uint8Array(16), shardOfUid(UID))
/** As in the test world. */
const MAX_REVIVALS = 3

export function createFleet(config: FleetConfig): Fleet {
  const clock = simulatedClock(START_MS)
  const uidHash = naming.uidHash(UID)
  const ledger = openLedger(uidHash)
  const bucket = createMemoryObjectStore({ clock, checksum: createCrc32c })
  const tasks = createMemoryTaskQueue({ clock })
  const archive = createArchive({ objects: bucket, checksum: createCrc32c })
  const conversations = createTimelineStore({ objects: bucket, clock, random: () => 0 })
  let horizon: number | undefined
  const storeClock = { now: () => horizon ?? clock.now() }
  const newStore = () =>
    createMemoryJobStore({
      clock: storeClock,
      terminalRetentionMs: 2 * DAY_MS,
      outcomeRetentionMs: 30 * DAY_MS,
    })
  let records = newStore()
  const store = standingFor(() => records)
  const client = createClient({
    ledger,
    clock,
    archive: createArchive({ objects: readOnly(bucket, ledger), checksum: createCrc32c }),
    conversations,
    store: { view: (jobId) => store.view(jobId) },
    limits: { maxFruitlessAttempts: config.maxFruitlessAttempts, maxRevivals: MAX_REVIVALS },
  })
  const provider = createProvider({ ledger, contents, clock })
  const polls = new Set<Promise<void>>()
  const pollSoon = (jobId: JobId) => {
    const poll = client.poll(jobId)
    polls.add(poll)
    void poll.finally(() => polls.delete(poll))
  }
  const holders = watchHolders({
    now: clock.now,
    isLoose: () => ledger.isFencingLoose,
    isCancelled: (jobId) => isCancelled(ledger, jobId),
    violations: ledger.violations,
  })
  const processes: Process[] = []
  const created: NewTask[] = []
  let started = 0
  const retired = { calls: 0 }

  const startProcess = () => {
    started += 1
    const id = started
    const uploads: Process['uploads'] = new Set()
    const deliveries: Process['deliveries'] = new Set()
    const life = createLife(clock, {
      died: () => {
        retired.calls += life.calls
        processes.splice(processes.indexOf(process), 1)
        for (const run of ledger.runs) if (run.process === id) ledger.runs.delete(run)
        for (const cut of deliveries) cut(503)
      },
      hangup: () => {
        for (const upload of uploads) upload.abort(new Error('the client went away'))
      },
    })
    const rooms = wireRooms({
      clock: life.clock,
      objects: life.wrap(
        'gcs',
        observeObjects(bucket, ledger, { process: id, contents }, pollSoon),
      ),
      store: ofOneUser(
        life.wrap('redis', observeStore(store, ledger, { process: id, holders }, pollSoon)),
      ),
      queue: uncertain(life.wrap('tasks', noting(tasks, created))),
      ...{ events, naming, ...reader },
      random: seededRandom(id),
      speechToText: provider.askedBy(id, life),
      dispatchMode: config.dispatchMode,
      deps: { userSlots: config.userSlots, maxFruitlessAttempts: config.maxFruitlessAttempts },
    })
    const process: Process = { id, life, rooms, uploads, deliveries }
    processes.push(process)
    return process
  }

  return {
    ...{ clock, ledger, contents, client, provider, bucket, tasks, store, archive, conversations },
    ...{ processes, created, startProcess },
    get calls() {
      return processes.reduce((sum, { life }) => sum + life.calls, retired.calls)
    },
    shutDown: (process) => {
      // It no longer takes work; what it has it may still give back.
      processes.splice(processes.indexOf(process), 1)
      process.rooms.stop.abort(new RunAbortedError('shutdown'))
    },
    flush: () => {
      records = newStore()
      holders.flushed()
      ledger.isFencingLoose = true
      for (const jobId of ledger.contents.keys()) ledger.flushed.add(jobId)
    },
    owed: async () => {
      horizon = clock.now() + 1_000 * DAY_MS
      try {
        return new Set(await records.due(shardOfUid(UID), 1_000))
      } finally {
        horizon = undefined
      }
    },
    atRest: async () => {
      await clock.advance(0)
      while (polls.size > 0) await Promise.all(polls)
    },
  }
}

/** Whatever store there is now: Redis may be flushed under everybody's hands. */
function standingFor(current: () => JobStore): JobStore {
  return {
    create: (job) => current().create(job),
    read: (jobId) => current().read(jobId),
    view: (jobId) => current().view(jobId),
    contentStanding: (uid, contentId) => current().contentStanding(uid, contentId),
    keyHolder: (uid, keyId) => current().keyHolder(uid, keyId),
    bindKey: (key, holder) => current().bindKey(key, holder),
    claim: (request) => current().claim(request),
    renew: (claim) => current().renew(claim),
    mark: (claim, marks, also) => current().mark(claim, marks, also),
    ledger: (jobId) => current().ledger(jobId),
    wakeWaiter: (claim, uidHash, dueInMs) => current().wakeWaiter(claim, uidHash, dueInMs),
    marks: (jobId) => current().marks(jobId),
    requeue: (claim, why) => current().requeue(claim, why),
    snooze: (claim, why) => current().snooze(claim, why),
    continueNext: (claim, why) => current().continueNext(claim, why),
    keep: (claim, why) => current().keep(claim, why),
    beginEnding: (claim, outcome) => current().beginEnding(claim, outcome),
    finalize: (jobId, outcome, how) => current().finalize(jobId, outcome, how),
    noteEnrichment: (jobId, notes) => current().noteEnrichment(jobId, notes),
    settle: (jobId) => current().settle(jobId),
    overrideEnding: (jobId, seen, outcome) => current().overrideEnding(jobId, seen, outcome),
    overrideGeneration: (jobId, seen, by) => current().overrideGeneration(jobId, seen, by),
    due: (shard, limit) => current().due(shard, limit),
    stalled: (shard, options) => current().stalled(shard, options),
    postpone: (jobId, dueInMs, seen) => current().postpone(jobId, dueInMs, seen),
    keepDue: (jobId) => current().keepDue(jobId),
    beginPass: (shard, lease, forMs) => current().beginPass(shard, lease, forMs),
    endPass: (shard, token) => current().endPass(shard, token),
    confirmShard: (shard, lostSince) => current().confirmShard(shard, lostSince),
    lastPassAt: () => current().lastPassAt(),
    beginSweep: (part, lease) => current().beginSweep(part, lease),
    endSweep: (part, token, walk) => current().endSweep(part, token, walk),
    events: (jobId) => current().events(jobId),
    eventsSince: (jobId, eventId) => current().eventsSince(jobId, eventId),
    note: (jobId, name, facts) => current().note(jobId, name, facts),
    pageOfJobs: (query) => current().pageOfJobs(query),
    countEnded: (shard, status, span) => current().countEnded(shard, status, span),
    liveJobs: (shard) => current().liveJobs(shard),
    runningJobs: (shard, limit) => current().runningJobs(shard, limit),
  }
}

/** Every job is in one shard and one part: a pass over the others is no step of anybody's. */
function ofOneUser(store: JobStore): JobStore {
  const shard = shardOfUid(UID)
  const isOwnPart = (part: number) =>
    objectNames.stagingPrefix(naming.uidHash(UID), A_JOB).startsWith(objectNames.stagingPart(part))
  const elsewhere = { kind: 'idle', now: 0, cursor: undefined, beganAt: undefined } as const
  return {
    ...store,
    beginPass: async (asked, lease, stalledForMs) =>
      asked === shard
        ? store.beginPass(asked, lease, stalledForMs)
        : { kind: 'idle', lostSince: undefined },
    beginSweep: async (part, lease) =>
      isOwnPart(part)
        ? store.beginSweep(part, lease)
        : { ...elsewhere, wholeSince: Number.POSITIVE_INFINITY },
  }
}

/** I9: whoever asks how a job stands changes nothing. */
function readOnly(objects: ObjectStore, ledger: Ledger): ObjectStore {
  const refuse = async (name: string): Promise<never> => {
    ledger.violations.push(`I9: a poll writes ${name}`)
    throw new Error('a poll may only read')
  }
  return { ...objects, create: refuse, createFromStream: refuse, replace: refuse, delete: refuse }
}

function noting(tasks: TaskQueue, created: NewTask[]): TaskQueue {
  return {
    find: (lane, name) => tasks.find(lane, name),
    create: async (task) => {
      const answer = await tasks.create(task)
      if (answer.kind === 'created') created.push(task)
      return answer
    },
  }
}

/** A queue never throws for what it was answered: nothing is proven. */
function uncertain(queue: TaskQueue): TaskQueue {
  return {
    create: (task, signal) =>
      queue
        .create(task, signal)
        .catch((error: unknown) => ({ kind: 'uncertain', cause: String(error) })),
    find: (lane, name, signal) => queue.find(lane, name, signal).catch(() => 'unknown'),
  }
}
