import { randomBytes } from 'node:crypto'
import { availableParallelism, tmpdir } from 'node:os'
import { createDeepgram } from './adapters/deepgram/index.ts'
import { createGcsObjectStore, createStorage, routeByPrefix } from './adapters/gcs/index.ts'
import { createCrc32c } from './adapters/native-crc/index.ts'
import { createOpenaiTranscription } from './adapters/openai/index.ts'
import { createFileDecoder } from './adapters/opus/index.ts'
import { createPocketsphinx, createSpanOnly } from './adapters/pocketsphinx/index.ts'
import {
  connectRedis,
  createClusterClient,
  createRedisClient,
  createRedisJobStore,
} from './adapters/redis/index.ts'
import { createVoiceDetector } from './adapters/silero/index.ts'
import { systemClock } from './adapters/system/system-clock.ts'
import { createTimelineStore } from './adapters/timeline/index.ts'
import { type Config, Secret } from './config/index.ts'
import { createInlineRunner, createRunningWork } from './dispatch/index.ts'
import { createArchive } from './durable/index.ts'
import type { Enrichment } from './enrichment/index.ts'
import { createApp, type RunningServer, startServer } from './http/index.ts'
import { createMemoryBudget } from './intake/index.ts'
import { createEndings } from './jobs/index.ts'
import { createNaming, MINUTE_MS, RunAbortedError, SECOND_MS } from './kernel/index.ts'
import type { PipelineDeps } from './pipeline/index.ts'
import type { Clock, ObjectStore, Probe, SpeechToText, Summarizer } from './ports/index.ts'
import type { Logger } from './telemetry/index.ts'
import { buildEnrichment } from './wiring/build-enrichment.ts'
import { buildFairUse } from './wiring/build-fair-use.ts'
import { buildQueue } from './wiring/build-queue.ts'
import { buildTelemetry } from './wiring/build-telemetry.ts'
import { buildVerifiers } from './wiring/build-verifiers.ts'

/** What a test or a local stack may put in place of what the configuration would build. */
export interface Overrides {
  readonly clock?: Clock
  readonly speechToText?: SpeechToText
  readonly summarizer?: Summarizer
  readonly probe?: Probe
  readonly log?: { write(line: string): void }
}

export interface Service {
  readonly logger: Logger
  /** Connects and listens. @throws UnavailableError when the store cannot be reached */
  start(): Promise<RunningServer>
  /** Gives running jobs back, answers what is under way, closes every connection. */
  stop(): Promise<void>
}

/** How long a settled content's outcome answers for a second upload of it; as long as its object. */
const OUTCOME_RETENTION_MS = 30 * 24 * 60 * MINUTE_MS
/** The wait before a job whose deliveries the platform burnt is called again. */
const RETRY_BACKOFF_MAX_MS = 5 * MINUTE_MS
const UNAVAILABLE_RETRY_AFTER_MS = 30 * SECOND_MS
const PARALLEL_FILES = 2
const DEFAULT_SNOOZE_MS = 30 * SECOND_MS

/** The only wiring: every room gets its ports here. */
export function buildService(config: Config, overrides: Overrides = {}): Service {
  const parties = connectParties(config, overrides)
  const stopping = new AbortController()
  const { app, inline, runs, enrichment } = wireRooms(config, parties, stopping.signal)
  const { clock, logger, redis, tasks, decoder, detector } = parties
  let server: RunningServer | undefined
  return {
    logger,
    start: async () => {
      await connectRedis(redis)
      if (!config.dispatch.worksAfterResponse) {
        const dispatchMode = config.dispatch.mode
        logger.warn({ dispatchMode }, 'CPU_ALWAYS_ON is not set: work after a response may stall')
      }
      server = await startServer(app, config.http)
      return server
    },
    stop: async () => {
      stopping.abort(new RunAbortedError('shutdown'))
      // An upload that is answered last may still start a run, and a run a summary.
      const closed = Promise.all([server?.close(), runs.drained()])
        .then(() => inline.drained())
        .then(() => enrichment?.drained())
      const graceOver = clock.sleep(config.service.shutdownGraceMs).then(() => server?.destroy())
      await Promise.race([closed, graceOver])
      await Promise.all([decoder.close(), detector.close(), tasks?.close()])
      redis.disconnect()
    },
  }
}

type Parties = ReturnType<typeof connectParties>

/** Every adapter, built from its part of the configuration. */
function connectParties(config: Config, overrides: Overrides) {
  const clock = overrides.clock ?? systemClock()
  const probe: Probe = overrides.probe ?? (() => undefined)
  const { logger, events } = buildTelemetry(config, overrides.log)
  const createClient = config.redis.isCluster ? createClusterClient : createRedisClient
  const redis = createClient(config.redis.url.reveal(), {
    commandTimeoutMs: config.redis.commandTimeoutMs,
    onError: (error) => logger.warn({ error }, 'Redis connection error'),
  })
  const store = createRedisJobStore({
    redis,
    clock,
    probe,
    terminalRetentionMs: config.recovery.terminalRetentionMs,
    outcomeRetentionMs: OUTCOME_RETENTION_MS,
    repeatFailures: config.fairUse.repeatFailures,
    enriches: config.enrichment.provider.kind !== 'none',
  })
  const objects = buildObjects(config, clock, probe)
  const archive = createArchive({ objects, checksum: createCrc32c })
  const workers = config.compute.workers || Math.max(1, availableParallelism() - 1)
  return {
    clock,
    probe,
    summarizer: overrides.summarizer,
    logger,
    events,
    redis,
    store,
    objects,
    naming: createNaming(config.identity.idSecret.reveal()),
    archive,
    fairUse: buildFairUse(config.fairUse, { redis, clock, probe, objects, archive, events }),
    conversations: createTimelineStore({ objects, clock, random: Math.random }),
    tasks: buildQueue(config, clock, probe),
    decoder: createFileDecoder({ workers }),
    detector: createVoiceDetector({ workers }),
    speechToText: overrides.speechToText ?? buildSpeechToText(config.stt, clock),
    ...buildVerifiers(config, clock),
  }
}

function wireRooms(config: Config, parties: Parties, stop: AbortSignal) {
  const enrichment = buildEnrichment(
    config,
    { ...parties, randomBytes, stop, retryBackoff: retryBackoff(config) },
    parties.summarizer,
  )
  const running = runningDeps(config, parties, enrichment)
  const inline = createInlineRunner({
    ...running,
    enqueueing: undefined,
    maxRunning: config.dispatch.inlineMaxRunningJobs,
    ownKeyMaxWaitMs: config.dispatch.ownKeyMaxWaitMs,
    stop,
  })
  const runs = createRunningWork()
  const app = createApp({
    ...parties,
    stop,
    runs,
    delivery: {
      ...running,
      verifier: parties.callers,
      maxAttempts: config.dispatch.maxAttempts,
      userSlots: config.fairUse.userMaxRunningJobs,
      slotSnoozeMs: config.fairUse.slotSnoozeMs,
    },
    status: {
      ...parties,
      clockSkewMs: config.claims.stopMarginMs,
      summaries: enrichment && parties,
    },
    enrichment,
    enriches: enrichment !== undefined,
    operating: { ...running, queue: parties.tasks?.queue },
    cancel: running,
    recovery: { ...running, objects: parties.objects, inline, ...config.recovery, enrichment },
    accept: {
      ...parties,
      ...running,
      ...config.lanes,
      inline,
      checksum: createCrc32c,
      budget: createMemoryBudget(config.upload.bufferBudgetBytes),
      bufferedFileMaxBytes: config.upload.bufferedFileMaxBytes,
      idempotencyKeyMs: config.upload.idempotencyKeyMs,
      limits: config.upload,
      dispatchMode: config.dispatch.mode,
      worksAfterResponse: config.dispatch.worksAfterResponse,
      unavailableRetryAfterMs: UNAVAILABLE_RETRY_AFTER_MS,
    },
    multipart: config.upload,
    speechFromKey: (kind, key) => {
      const provider = { kind, apiKey: new Secret(key) }
      const own = buildSpeechToText({ ...config.stt, provider }, parties.clock)
      // The usage record says who paid.
      return { ...own, provider: `byok:${own.provider}` }
    },
    pollAfterMs: config.status.pollAfterMs,
    streamIntervalMs: config.status.streamIntervalMs,
    requestTimeoutMs: config.http.requestTimeoutMs,
    runAbortMs: config.run.abortMs,
    ready: async () => parties.redis.status === 'ready',
  })
  return { app, inline, runs, enrichment }
}

/** What running a job takes, in a delivery and inline alike. */
function runningDeps(config: Config, parties: Parties, secondStage: Enrichment | undefined) {
  const { tasks, store, archive, conversations, clock, events } = parties
  const { failureThreshold, maxFruitlessAttempts } = config.run
  return {
    store,
    archive,
    clock,
    events,
    endings: createEndings({
      ...{ store, archive, conversations, clock, events, failureThreshold },
      secondStage,
    }),
    enqueueing: tasks ? { queue: tasks.queue, store, events } : undefined,
    pipeline: pipelineDeps(config, parties),
    random: Math.random,
    randomBytes,
    leaseMs: config.claims.leaseMs,
    leaseTimes: config.claims,
    times: config.run,
    maxFruitlessAttempts,
    retryBackoff: retryBackoff(config),
    probeAfterMs: config.recovery.queuedProbeAfterMs,
  }
}

function retryBackoff(config: Config) {
  return { minMs: config.dispatch.minBackoffMs, maxMs: RETRY_BACKOFF_MAX_MS }
}

function pipelineDeps(config: Config, parties: Parties): PipelineDeps {
  return {
    ...parties,
    checksum: createCrc32c,
    maxDecodedBytes: config.upload.maxDecodedBytes,
    segmentTimeoutMs: config.stt.timeoutMs,
    maxParallelFiles: PARALLEL_FILES,
    maxParallelSegments: config.stt.maxParallelSegments,
    maxLoneDeaths: config.run.maxLoneDeaths,
    defaultSnoozeMs: DEFAULT_SNOOZE_MS,
    ...(config.stt.language ? { language: config.stt.language } : {}),
  }
}

function buildObjects(config: Config, clock: Clock, probe: Probe): ObjectStore {
  const { apiEndpoint, projectId, stagingBucket, dataBucket, ...times } = config.gcs
  const storage = createStorage({ apiEndpoint, projectId, checksum: createCrc32c })
  const bucket = (name: string) =>
    createGcsObjectStore({ storage, bucket: name, clock, probe, checksum: createCrc32c, ...times })
  return routeByPrefix({ staging: bucket(stagingBucket), data: bucket(dataBucket) })
}

function buildSpeechToText(stt: Config['stt'], clock: Clock): SpeechToText {
  const { provider, deepgram, openai, offline } = stt
  switch (provider.kind) {
    case 'deepgram':
      return createDeepgram({ ...deepgram, apiKey: provider.apiKey.reveal(), clock })
    case 'openai':
      return createOpenaiTranscription({ ...openai, apiKey: provider.apiKey.reveal(), clock })
    case 'offline':
      return createPocketsphinx({
        command: offline.command,
        env: offline.libraryPath ? { LD_LIBRARY_PATH: offline.libraryPath } : {},
        modelDir: offline.modelDir ?? '/usr/share/pocketsphinx/model/en-us',
        scratchDir: tmpdir(),
      })
    case 'spans':
      return createSpanOnly()
  }
}
