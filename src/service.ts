import { randomBytes } from 'node:crypto'
import { createCrc32c } from './adapters/native-crc/index.ts'
import { connectRedis, isRedisReady } from './adapters/redis/index.ts'
import { type Config, Secret } from './config/index.ts'
import { createInlineRunner, createRunningWork } from './dispatch/index.ts'
import { createApp, type Door, openDoor, type RunningServer } from './http/index.ts'
import { createUploadMemory } from './intake/index.ts'
import { RunAbortedError, SECOND_MS } from './kernel/index.ts'
import type { Logger } from './telemetry/index.ts'
import { buildAdmission } from './wiring/build-admission.ts'
import { buildConsole } from './wiring/build-console.ts'
import { buildEnrichment } from './wiring/build-enrichment.ts'
import { buildSpeechToText } from './wiring/build-speech-to-text.ts'
import { connectParties, type Overrides, type Parties } from './wiring/connect-parties.ts'
import { recoveryDeps } from './wiring/recovery-deps.ts'
import { retryBackoff, runningDeps } from './wiring/running-deps.ts'
import { settleIn } from './wiring/warm-up.ts'

export type { Overrides } from './wiring/connect-parties.ts'

export interface Service {
  readonly logger: Logger
  /**
   * Connects, then answers; loads what is large and not needed yet once it does.
   * @param door that listens already; else one is opened
   * @throws UnavailableError when the store cannot be reached; the door is closed then
   */
  start(door?: Door): Promise<RunningServer>
  /** Gives running jobs back, answers what is under way, closes every connection. */
  stop(): Promise<void>
}

const UNAVAILABLE_RETRY_AFTER_MS = 30 * SECOND_MS

/** The only wiring: every room gets its ports here. */
export function buildService(config: Config, overrides: Overrides = {}): Service {
  const parties = connectParties(config, overrides)
  const stopping = new AbortController()
  const { app, inline, runs, enrichment } = wireRooms(config, parties, stopping.signal)
  const { clock, logger, redis, tasks, decoder, detector } = parties
  let server: RunningServer | undefined
  return {
    logger,
    start: async (opened) => {
      const door = opened ?? (await openDoor(config.http))
      server = door
      await connectRedis(redis).catch((error: unknown) => {
        void door.close()
        door.destroy()
        throw error
      })
      if (!config.dispatch.worksAfterResponse) {
        const dispatchMode = config.dispatch.mode
        logger.warn({ dispatchMode }, 'CPU_ALWAYS_ON is not set: work after a response may stall')
      }
      door.admit(app)
      void settleIn(config, parties, stopping.signal)
      await parties.exporting.start()
      return door
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
      await parties.exporting.stop()
    },
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
  const { noteLoad, ...operatorsPage } = buildConsole(config, parties)
  const app = createApp({
    ...parties,
    ...operatorsPage,
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
    ...{ enriches: enrichment !== undefined, fillerLimits: config.enrichment.limits },
    operating: { ...running, queue: parties.tasks?.queue },
    ...{ cancel: running, deletion: parties },
    recovery: recoveryDeps(config, parties, { ...running, inline, enrichment, noteLoad }),
    accept: {
      ...parties,
      ...running,
      ...config.lanes,
      inline,
      checksum: createCrc32c,
      memory: createUploadMemory(config.upload.bufferBudgetBytes),
      bufferedFileMaxBytes: config.upload.bufferedFileMaxBytes,
      idempotencyKeyMs: config.upload.idempotencyKeyMs,
      longestUploadMs: config.service.timeoutMs,
      limits: config.upload,
      dispatchMode: config.dispatch.mode,
      worksAfterResponse: config.dispatch.worksAfterResponse,
      unavailableRetryAfterMs: UNAVAILABLE_RETRY_AFTER_MS,
    },
    multipart: config.upload,
    admission: buildAdmission(config.admission, parties.clock),
    speechFromKey: (kind, key) => {
      const provider = { kind, apiKey: new Secret(key) }
      const own = buildSpeechToText({ ...config.stt, provider }, parties.clock)
      // The usage record says who paid.
      return parties.traced.speech({ ...own, provider: `byok:${own.provider}` })
    },
    serviceLanguage: config.stt.language,
    ...config.status,
    requestTimeoutMs: config.http.requestTimeoutMs,
    runAbortMs: config.run.abortMs,
    ready: async () => isRedisReady(parties.redis),
  })
  return { app, inline, runs, enrichment }
}
