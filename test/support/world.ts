import { createMemoryJobStore } from '../../src/adapters/memory/job-store.ts'
import { createMemoryObjectStore } from '../../src/adapters/memory/object-store.ts'
import { createMemoryTaskQueue } from '../../src/adapters/memory/task-queue.ts'
import { createCrc32c } from '../../src/adapters/native-crc/index.ts'
import { type DeliveryDeps, deliver } from '../../src/dispatch/index.ts'
import { acceptUpload } from '../../src/intake/index.ts'
import {
  createNaming,
  DAY_MS,
  type JobId,
  objectNames,
  type RepeatFailureLimits,
  shardOfJob,
  type Uid,
  uidSchema,
} from '../../src/kernel/index.ts'
import type {
  FileDecoder,
  JobStore,
  ObjectStore,
  SpeechToText,
  TaskQueue,
  VoiceDetector,
} from '../../src/ports/index.ts'
import { type PassDeps, recoveryPass } from '../../src/recovery/index.ts'
import { createCounters, createEvents, createLogger } from '../../src/telemetry/index.ts'
import { seededRandom } from './audio.ts'
import { createFairUseRig, type FairUseRigOptions } from './fair-use-rig.ts'
import { renewable } from './renewable.ts'
import { INVOKER, wireRooms } from './rooms.ts'
import { simulatedClock } from './simulated-clock.ts'
import { toneDecoder, toneDetector } from './tones.ts'
import { type SecondStageOptions, secondStage } from './wire-enrichment.ts'

/** What a test may put in place of a part, wrapped around the part that stands there. */
export interface WorldOptions extends SecondStageOptions {
  readonly objects?: (objects: ObjectStore) => ObjectStore
  readonly store?: (store: JobStore) => JobStore
  readonly queue?: (queue: TaskQueue) => TaskQueue
  readonly transcribe?: SpeechToText['transcribe']
  /** Tones unless given. */
  readonly decoder?: FileDecoder
  readonly detector?: VoiceDetector
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
export { INVOKER }

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
  const { port: records, renew: flushRecords } = renewable(() =>
    createMemoryJobStore({
      clock,
      terminalRetentionMs: 2 * DAY_MS,
      outcomeRetentionMs: 30 * DAY_MS,
      enriches: options.summarize !== undefined,
      ...(options.repeatFailures ? { repeatFailures: options.repeatFailures } : {}),
    }),
  )
  const store = options.store?.(records) ?? records
  const tasks = createMemoryTaskQueue({ clock })
  const queue = options.queue?.(tasks) ?? tasks
  const second = secondStage(options, clock)
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
    decoder: options.decoder ?? toneDecoder(),
    detector: options.detector ?? toneDetector(),
    dispatchMode: options.dispatchMode ?? 'cloud_tasks',
    worksAfterResponse: options.worksAfterResponse,
    deps: options.deps ?? {},
    recovery: options.recovery ?? {},
    enrichment: second.parts,
  })
  const { archive, conversations, delivery, accept, inline, stop, recovery, enrichment } = rooms
  const { preferences, deletion } = rooms
  const uidHash = naming.uidHash(UID)

  return {
    clock,
    lines,
    memory,
    objects,
    records,
    /** Redis forgets everything. */
    flush: () => {
      flushRecords()
      second.flush()
    },
    store,
    tasks,
    queue,
    archive,
    conversations,
    preferences,
    naming,
    uidHash,
    calls,
    delivery,
    accept,
    inline,
    stop,
    rig,
    recovery,
    deletion,
    /** Redis forgets its work on summaries. */
    flushSummaries: second.flush,
    works: second.works,
    summaryTasks: second.tasks,
    enrichment,
    enriches: enrichment !== undefined,
    fillerLimits: { fillerMaxWords: 12, fillerMaxMs: 15_000 },
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
