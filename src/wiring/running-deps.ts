import { randomBytes } from 'node:crypto'
import { createCrc32c } from '../adapters/native-crc/index.ts'
import type { Config } from '../config/index.ts'
import { createTurns } from '../dispatch/index.ts'
import type { Enrichment } from '../enrichment/index.ts'
import { createEndings } from '../jobs/index.ts'
import type { PipelineDeps } from '../pipeline/index.ts'
import type { Parties } from './connect-parties.ts'

/** What running a job takes, in a delivery and inline alike. */
export function runningDeps(config: Config, parties: Parties, secondStage: Enrichment | undefined) {
  const { tasks, store, archive, conversations, clock, events, pace, tracer } = parties
  const { failureThreshold, maxFruitlessAttempts } = config.run
  return {
    store,
    archive,
    clock,
    events,
    pace,
    tracer,
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
    turns: createTurns(),
    maxFruitlessAttempts,
    retryBackoff: retryBackoff(config),
    probeAfterMs: config.recovery.queuedProbeAfterMs,
  }
}

/** The wait before a job whose deliveries the platform burnt is called again. */
export function retryBackoff(config: Config) {
  return { minMs: config.dispatch.minBackoffMs, maxMs: config.dispatch.maxBackoffMs }
}

function pipelineDeps(config: Config, parties: Parties): PipelineDeps {
  return {
    ...parties,
    checksum: createCrc32c,
    maxDecodedBytes: config.upload.maxDecodedBytes,
    segmentTimeoutMs: config.stt.timeoutMs,
    maxParallelFiles: config.run.maxParallelFiles,
    maxParallelSegments: config.stt.maxParallelSegments,
    maxLoneDeaths: config.run.maxLoneDeaths,
    defaultSnoozeMs: config.stt.defaultWaitMs,
    ...(config.stt.language ? { language: config.stt.language } : {}),
  }
}
