import { createCrc32c } from '../../src/adapters/native-crc/index.ts'
import { createTimelineStore } from '../../src/adapters/timeline/index.ts'
import { type DeletionDeps, sweepDeletions } from '../../src/deletion/index.ts'
import { createInlineRunner, createTurns, type DeliveryDeps } from '../../src/dispatch/index.ts'
import { createArchive } from '../../src/durable/index.ts'
import type { FairUse } from '../../src/fair-use/index.ts'
import { type AcceptDeps, createUploadMemory } from '../../src/intake/index.ts'
import { createEndings, createPace } from '../../src/jobs/index.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS, type Naming, SECOND_MS } from '../../src/kernel/index.ts'
import type {
  Clock,
  FileDecoder,
  JobStore,
  ObjectStore,
  SpeechToText,
  TaskQueue,
  VoiceDetector,
} from '../../src/ports/index.ts'
import { createPreferences } from '../../src/preferences/index.ts'
import type { PassDeps } from '../../src/recovery/index.ts'
import { createTracer, type Events, type Tracer } from '../../src/telemetry/index.ts'
import { RECOVERY_LIMITS } from './recovery-limits.ts'
import {
  bytesOf,
  LEASE_MS,
  LEASE_TIMES,
  type SecondStageParts,
  verifier,
  wireEnrichment,
} from './wire-enrichment.ts'

export { INVOKER } from './wire-enrichment.ts'

/** What one process of the service stands on. */
export interface RoomParts {
  readonly clock: Clock
  readonly objects: ObjectStore
  readonly store: JobStore
  readonly queue: TaskQueue
  readonly events: Events
  readonly tracer?: Tracer
  readonly naming: Naming
  readonly random: () => number
  readonly speechToText: SpeechToText
  readonly decoder: FileDecoder
  readonly detector: VoiceDetector
  readonly dispatchMode: 'inline' | 'cloud_tasks'
  readonly worksAfterResponse?: boolean | undefined
  readonly deps: Partial<DeliveryDeps>
  /** Absent: no second stage. */
  readonly enrichment?: SecondStageParts | undefined
  readonly fairUse?: FairUse | undefined
  readonly recovery?: Partial<PassDeps>
}

/** The rooms of one process, wired as the service wires them; several may share their parts. */
export function wireRooms(parts: RoomParts) {
  const { clock, objects, store, queue, events, naming, random } = parts
  const archive = createArchive({ objects, checksum: createCrc32c })
  const conversations = createTimelineStore({ objects, clock, random })
  const preferences = createPreferences({ objects, clock, random, events })
  const stop = new AbortController()
  const enrichment = wireEnrichment(parts, { archive, conversations, stop: stop.signal })
  const delivery: DeliveryDeps = {
    store,
    archive,
    clock,
    events,
    tracer: parts.tracer ?? createTracer(),
    endings: createEndings({
      ...{ store, archive, conversations, clock, events, failureThreshold: 0.5 },
      secondStage: enrichment,
    }),
    enqueueing: { queue, store, events },
    pace: createPace(),
    pipeline: {
      ...{ objects, archive, conversations, naming, clock, preferences },
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
    ...{ verifier, random, randomBytes: bytesOf(random) },
    leaseMs: LEASE_MS,
    leaseTimes: LEASE_TIMES,
    turns: createTurns(),
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
    memory: createUploadMemory(16 * 1_024 * 1_024),
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
    longestUploadMs: 30 * MINUTE_MS,
    lookbackMs: 30 * DAY_MS,
    dispatchMode: parts.dispatchMode,
    worksAfterResponse: parts.worksAfterResponse ?? true,
    unavailableRetryAfterMs: 30 * SECOND_MS,
  }
  const deletion: DeletionDeps = { conversations, archive, clock, events }
  const recovery: PassDeps = {
    ...delivery,
    ...{ objects, inline },
    ...RECOVERY_LIMITS,
    enrichment,
    deletions: { sweep: (signal) => sweepDeletions(deletion, signal) },
    ...parts.recovery,
  }
  return {
    ...{ archive, conversations, preferences, delivery, accept, inline, stop, recovery },
    ...{ enrichment, deletion },
  }
}

export type Rooms = ReturnType<typeof wireRooms>
