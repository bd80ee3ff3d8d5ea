import { availableParallelism } from 'node:os'
import { createCrc32c } from '../adapters/native-crc/index.ts'
import { createFileDecoder } from '../adapters/opus/index.ts'
import {
  createClusterClient,
  createRedisClient,
  createRedisJobStore,
} from '../adapters/redis/index.ts'
import { createVoiceDetector } from '../adapters/silero/index.ts'
import { systemClock } from '../adapters/system/system-clock.ts'
import { createTimelineStore } from '../adapters/timeline/index.ts'
import type { Config } from '../config/index.ts'
import { createArchive } from '../durable/index.ts'
import { createPace } from '../jobs/index.ts'
import { createNaming } from '../kernel/index.ts'
import type { Clock, Probe, SpeechToText, Summarizer } from '../ports/index.ts'
import { createPreferences } from '../preferences/index.ts'
import { buildFairUse } from './build-fair-use.ts'
import { buildObjects } from './build-objects.ts'
import { buildQueue } from './build-queue.ts'
import { buildSpeechToText } from './build-speech-to-text.ts'
import { buildTelemetry } from './build-telemetry.ts'
import { buildVerifiers } from './build-verifiers.ts'
import { traceParties } from './trace-parties.ts'

/** What a test or a local stack may put in place of what the configuration would build. */
export interface Overrides {
  readonly clock?: Clock
  readonly speechToText?: SpeechToText
  /** Put around the configured one. */
  readonly aroundSpeech?: (speech: SpeechToText) => SpeechToText
  readonly summarizer?: Summarizer
  readonly probe?: Probe
  readonly log?: { write(line: string): void }
}

export type Parties = ReturnType<typeof connectParties>

/** Every adapter, built from its part of the configuration. */
export function connectParties(config: Config, overrides: Overrides) {
  const clock = overrides.clock ?? systemClock()
  const probe: Probe = overrides.probe ?? (() => undefined)
  const telemetry = buildTelemetry(config, clock, overrides.log)
  const { logger, events, tracer } = telemetry
  const traced = traceParties(telemetry, clock)
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
    outcomeRetentionMs: config.recovery.outcomeRetentionMs,
    repeatFailures: config.fairUse.repeatFailures,
    enriches: config.enrichment.provider.kind !== 'none',
  })
  const { objects: stored, warmObjects } = buildObjects(config.gcs, clock, probe)
  const objects = traced.objects(stored)
  const archive = createArchive({ objects, checksum: createCrc32c })
  const speech = overrides.speechToText ?? buildSpeechToText(config.stt, clock)
  const workers = config.compute.workers || Math.max(1, availableParallelism() - 1)
  return {
    clock,
    probe,
    summarizer: overrides.summarizer,
    ...telemetry,
    traced,
    redis,
    store,
    objects,
    warmObjects,
    naming: createNaming(config.identity.idSecret.reveal()),
    archive,
    fairUse: buildFairUse(config.fairUse, { redis, clock, probe, objects, archive, events }),
    conversations: traced.conversations(
      createTimelineStore({ objects, clock, random: Math.random }),
    ),
    pace: createPace(),
    preferences: createPreferences({ objects, clock, random: Math.random, events }),
    tasks: buildQueue(config, clock, probe, tracer),
    decoder: traced.decoder(createFileDecoder({ workers })),
    detector: traced.detector(createVoiceDetector({ workers })),
    speechToText: traced.speech(overrides.aroundSpeech?.(speech) ?? speech),
    ...buildVerifiers(config, clock),
  }
}
