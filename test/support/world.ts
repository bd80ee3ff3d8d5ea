import { createMemoryJobStore } from '../../src/adapters/memory/job-store.ts'
import { createMemoryObjectStore } from '../../src/adapters/memory/object-store.ts'
import { createMemoryTaskQueue } from '../../src/adapters/memory/task-queue.ts'
import { createCrc32c } from '../../src/adapters/native-crc/index.ts'
import { createTimelineStore } from '../../src/adapters/timeline/index.ts'
import { createInlineRunner, type DeliveryDeps, deliver } from '../../src/dispatch/index.ts'
import { createArchive } from '../../src/durable/index.ts'
import type { FairUse } from '../../src/fair-use/index.ts'
import { type AcceptDeps, acceptUpload, createMemoryBudget } from '../../src/intake/index.ts'
import { createEndings } from '../../src/jobs/index.ts'
import {
  createNaming,
  DAY_MS,
  HOUR_MS,
  type JobId,
  MINUTE_MS,
  type Naming,
  objectNames,
  type RepeatFailureLimits,
  SECOND_MS,
  shardOfJob,
  type Uid,
  uidSchema,
} from '../../src/kernel/index.ts'
import type {
  Clock,
  FileDecoder,
  JobStore,
  ObjectStore,
  SpeechToText,
  TaskQueue,
  VoiceDetector,
} from '../../src/ports/index.ts'
import { type PassDeps, recoveryPass } from '../../src/recovery/index.ts'
import {
  createCounters,
  createEvents,
  createLogger,
  type Events,
} from '../../src/telemetry/index.ts'
import { seededRandom } from './audio.ts'
import { createFairUseRig, type FairUseRigOptions } from './fair-use-rig.ts'
import { RECOVERY_LIMITS } from './recovery-limits.ts'
import { renewable } from './renewable.ts'
import { simulatedClock } from './simulated-clock.ts'
import { toneDecoder, toneDetector } from './tones.ts'

/** What a test may put in place of a part, wrapped around the part that stands there. */
export interface WorldOptions {
  readonly objects?: (objects: ObjectStore) => ObjectStore
  readonly store?: (store: JobStore) => JobStore
  readonly queue?: (queue: TaskQueue) => TaskQueue
  readonly transcribe?: SpeechToText['transcribe']
  readonly dispatchMode?: 'inline' | 'cloud_tasks'
  readonly worksAfterResponse?: boolean
  readonly deps?: Partial<DeliveryDeps>
  /** Fair use is off unless given. */
  readonly fairUse?: FairUseRigOptions
  readonly repeatFailures?: RepeatFailureLimits
  readonly recovery?: Partial<PassDeps>
  readonly rawUid?: boolean
}

export const UID = uidSchema.parse('user-1')
export const INVOKER = 'Bearer invoker'
const never = new AbortController().signal

/**
 * Every room wired to the memory adapters under a simulated clock. The audio is tones: a file of
 * numbers, where a run of numbers other than 0 is speech, so that a test sees what becomes of what.
 */
export function createWorld(options: WorldOptions = {}) {
  const clock = simulatedClock(Date.UTC(2026, 5, 1, 12))
  const lines: string[] = []
  const logger = createLogger({
    level: 'debug',
    rawUid: options.rawUid ?? false,
    destination: { write: (line) => lines.push(line) },
  })
  const events = createEvents({ logger, counters: createCounters() })
  const memory = createMemoryObjectStore({ clock, checksum: createCrc32c })
  const objects = options.objects?.(memory) ?? memory
  const { port: records, renew: flush } = renewable(() =>
    createMemoryJobStore({
      clock,
      terminalRetentionMs: 2 * DAY_MS,
      outcomeRetentionMs: 30 * DAY_MS,
      ...(options.repeatFailures ? { repeatFailures: options.repeatFailures } : {}),
    }),
  )
  const store = options.store?.(records) ?? records
  const tasks = createMemoryTaskQueue({ clock })
  const queue = options.queue?.(tasks) ?? tasks
  const random = seededRandom(7)
  const naming = createNaming('the secret of the test world, long enough')
  const calls: number[] = []
  const speechToText: SpeechToText = {
    provider: 'tones',
    transcribe: async (request) => {
      calls.push(request.pcm.length)
      if (options.transcribe) return options.transcribe(request)
      return { text: `tone ${Math.max(...request.pcm)}`, words: [] }
    },
  }
  const rig = options.fairUse && createFairUseRig({ clock, objects, events }, options.fairUse)
  const rooms = wireRooms({
    fairUse: rig?.fairUse,
    ...{ clock, objects, store, queue, events, naming, random, speechToText },
    decoder: toneDecoder(),
    detector: toneDetector(),
    dispatchMode: options.dispatchMode ?? 'cloud_tasks',
    worksAfterResponse: options.worksAfterResponse,
    deps: options.deps ?? {},
    recovery: options.recovery ?? {},
  })
  const { archive, conversations, delivery, accept, inline, stop, recovery } = rooms
  const uidHash = naming.uidHash(UID)

  return {
    clock,
    lines,
    memory,
    objects,
    records,
    /** Redis forgets everything. */
    flush,
    store,
    tasks,
    queue,
    archive,
    conversations,
    naming,
    uidHash,
    calls,
    delivery,
    accept,
    inline,
    stop,
    rig,
    recovery,
    /** Uploads bodies under names that start `secondsAgo` before now. */
    upload: async (
      bodies: Readonly<Record<string, Uint8Array>>,
      more: {
        conversationId?: string
        uid?: Uid
        idempotencyKey?: string
        ownSpeechToText?: SpeechToText
      } = {},
    ) =>
      acceptUpload(accept, {
        uid: more.uid ?? UID,
        conversationId: more.conversationId,
        ...(more.ownSpeechToText ? { ownSpeechToText: more.ownSpeechToText } : {}),
        ...(more.idempotencyKey === undefined ? {} : { idempotencyKey: more.idempotencyKey }),
        signal: never,
        parts: (async function* () {
          for (const [name, body] of Object.entries(bodies)) {
            yield {
              name,
              body: (async function* () {
                yield body
              })(),
            }
          }
        })(),
      }),
    /** Delivers a job's task as the queue would. */
    deliver: async (
      jobId: JobId,
      how: { generation?: number; retryCount?: number; body?: string; stop?: AbortSignal } = {},
    ) =>
      deliver(delivery, {
        authorization: INVOKER,
        retryCount: how.retryCount === undefined ? undefined : String(how.retryCount),
        stop: how.stop ?? never,
        body:
          how.body ??
          JSON.stringify({
            schema_version: 1,
            job_id: jobId,
            uid_shard: shardOfJob(jobId),
            generation: how.generation ?? 0,
            manifest: objectNames.manifest(uidHash, jobId),
          }),
      }),
    recover: async () => recoveryPass(recovery, never),
    names: async (prefix: string) =>
      (await memory.list(prefix, { limit: 1_000 })).map((o) => o.name),
    texts: async () => {
      const found = await conversations.list(uidHash, { limit: 100 })
      return Promise.all(
        found.map(async (outline) =>
          (await conversations.transcriptsOf(uidHash, outline)).map((t) => t.text),
        ),
      )
    },
  }
}

export type World = ReturnType<typeof createWorld>

/** What one process of the service stands on. */
export interface RoomParts {
  readonly clock: Clock
  readonly objects: ObjectStore
  readonly store: JobStore
  readonly queue: TaskQueue
  readonly events: Events
  readonly naming: Naming
  readonly random: () => number
  readonly speechToText: SpeechToText
  readonly decoder: FileDecoder
  readonly detector: VoiceDetector
  readonly dispatchMode: 'inline' | 'cloud_tasks'
  readonly worksAfterResponse?: boolean | undefined
  readonly deps: Partial<DeliveryDeps>
  readonly fairUse?: FairUse | undefined
  readonly recovery?: Partial<PassDeps>
}

/** The rooms of one process, wired as the service wires them; several may share their parts. */
export function wireRooms(parts: RoomParts) {
  const { clock, objects, store, queue, events, naming, random } = parts
  const archive = createArchive({ objects, checksum: createCrc32c })
  const conversations = createTimelineStore({ objects, clock, random })
  const stop = new AbortController()
  const delivery: DeliveryDeps = {
    store,
    archive,
    clock,
    events,
    endings: createEndings({ store, archive, conversations, clock, events, failureThreshold: 0.5 }),
    enqueueing: { queue, store, events },
    pipeline: {
      ...{ objects, archive, conversations, naming, clock },
      fairUse: parts.fairUse,
      speechToText: parts.speechToText,
      checksum: createCrc32c,
      decoder: parts.decoder,
      detector: parts.detector,
      maxDecodedBytes: 64 * 1_024 * 1_024,
      segmentTimeoutMs: 300 * SECOND_MS,
      maxParallelFiles: 2,
      maxParallelSegments: 5,
      maxLoneDeaths: 3,
      defaultSnoozeMs: 30 * SECOND_MS,
    },
    verifier: {
      verifyCaller: async (authorization) =>
        authorization === INVOKER
          ? { kind: 'invoker', email: 'invoker@test' }
          : { kind: 'rejected', reason: 'no_token' },
    },
    random,
    randomBytes: (length) => Uint8Array.from({ length }, () => Math.floor(random() * 256)),
    leaseMs: 15 * SECOND_MS,
    leaseTimes: {
      renewMs: 5 * SECOND_MS,
      stopMarginMs: 3 * SECOND_MS,
      unansweredAbortMs: MINUTE_MS,
    },
    times: { budgetMs: 1_440 * SECOND_MS, stallMs: 600 * SECOND_MS },
    maxAttempts: 5,
    maxFruitlessAttempts: 5,
    retryBackoff: { minMs: 18 * SECOND_MS, maxMs: 300 * SECOND_MS },
    probeAfterMs: MINUTE_MS,
    userSlots: 2,
    slotSnoozeMs: 30 * SECOND_MS,
    ...parts.deps,
  }
  const inline = createInlineRunner({
    ...delivery,
    enqueueing: undefined,
    maxRunning: 2,
    ownKeyMaxWaitMs: 30 * MINUTE_MS,
    stop: stop.signal,
  })
  const accept: AcceptDeps = {
    ...delivery,
    ...{ objects, conversations, naming, inline },
    fairUse: parts.fairUse,
    checksum: createCrc32c,
    budget: createMemoryBudget(16 * 1_024 * 1_024),
    bufferedFileMaxBytes: 8 * 1_024 * 1_024,
    idempotencyKeyMs: 2 * DAY_MS,
    limits: {
      maxFiles: 20,
      maxBytes: 28 * 1_024 * 1_024,
      maxDecodedBytes: 64 * 1_024 * 1_024,
      maxDecodedMs: 10 * MINUTE_MS,
      maxFrames: 360_000,
    },
    freshMs: 6 * HOUR_MS,
    lookbackMs: 30 * DAY_MS,
    dispatchMode: parts.dispatchMode,
    worksAfterResponse: parts.worksAfterResponse ?? true,
    unavailableRetryAfterMs: 30 * SECOND_MS,
  }
  const recovery: PassDeps = {
    ...delivery,
    ...{ objects, inline },
    ...RECOVERY_LIMITS,
    ...parts.recovery,
  }
  return { archive, conversations, delivery, accept, inline, stop, recovery }
}

export type Rooms = ReturnType<typeof wireRooms>
