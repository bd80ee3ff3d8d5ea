import { DAY_MS, HOUR_MS, SECOND_MS } from '../kernel/index.ts'
import { groupFairUse } from './fair-use-groups.ts'
import type { Settings } from './settings.ts'
import type {
  Config,
  EnrichmentConfig,
  IdentityConfig,
  SttConfig,
  TasksConfig,
  UploadConfig,
} from './shape.ts'
import { groupTelemetry } from './telemetry-groups.ts'

/** Regroups checked settings for the rooms; seconds, hours and days become milliseconds here. */
export function groupSettings(s: Settings): Config {
  return {
    ...groupServer(s),
    ...groupWork(s),
    fairUse: groupFairUse(s),
    redis: {
      url: s.REDIS_URL,
      isCluster: s.REDIS_CLUSTER,
      commandTimeoutMs: s.REDIS_COMMAND_TIMEOUT_MS,
    },
    gcs: {
      stagingBucket: s.GCS_STAGING_BUCKET,
      dataBucket: s.GCS_DATA_BUCKET,
      stagingRetentionMs: s.STAGING_RETENTION_DAYS * DAY_MS,
      projectId: s.GCS_PROJECT,
      apiEndpoint: s.GCS_API_ENDPOINT,
      operationTimeoutMs: s.GCS_OPERATION_TIMEOUT_MS,
      readIdleTimeoutMs: s.GCS_READ_IDLE_TIMEOUT_MS,
    },
    tasks: groupTasks(s),
    identity: groupIdentity(s),
    stt: groupStt(s),
    enrichment: groupEnrichment(s),
    upload: groupUpload(s),
    admission: groupAdmission(s),
    lanes: { freshMs: s.SYNC_FRESH_HOURS * HOUR_MS, lookbackMs: s.SYNC_LOOKBACK_DAYS * DAY_MS },
    telemetry: groupTelemetry(s),
  }
}

function groupServer(s: Settings): Pick<Config, 'service' | 'http' | 'status' | 'compute'> {
  return {
    service: {
      name: s.K_SERVICE,
      revision: s.K_REVISION,
      publicUrl: s.SYNC_PUBLIC_URL,
      timeoutMs: inMs(s.SERVICE_TIMEOUT_SECONDS),
      capacity: { maxInstances: s.SERVICE_MAX_INSTANCES, concurrency: s.SERVICE_CONCURRENCY },
      shutdownGraceMs: inMs(s.SHUTDOWN_GRACE_SECONDS),
    },
    http: {
      host: s.HOST,
      port: s.PORT,
      requestTimeoutMs: inMs(s.HTTP_REQUEST_TIMEOUT_SECONDS),
      headersTimeoutMs: s.UPLOAD_IDLE_TIMEOUT_MS,
    },
    status: {
      pollAfterMs: s.STATUS_POLL_AFTER_MS,
      streamIntervalMs: s.STATUS_STREAM_INTERVAL_MS,
      streamHeartbeatMs: inMs(s.STATUS_STREAM_HEARTBEAT_SECONDS),
    },
    compute: { workers: s.COMPUTE_WORKERS },
  }
}

function groupWork(s: Settings): Pick<Config, 'dispatch' | 'claims' | 'run' | 'recovery'> {
  return {
    dispatch: {
      mode: s.SYNC_DISPATCH_MODE,
      maxAttempts: s.SYNC_TASKS_MAX_ATTEMPTS,
      minBackoffMs: inMs(s.SYNC_TASKS_MIN_BACKOFF_SECONDS),
      maxBackoffMs: inMs(s.SYNC_TASKS_MAX_BACKOFF_SECONDS),
      maxDoublings: s.SYNC_TASKS_MAX_DOUBLINGS,
      inlineMaxRunningJobs: s.INLINE_MAX_RUNNING_JOBS,
      ownKeyMaxWaitMs: inMs(s.BYOK_MAX_WAIT_SECONDS),
      worksAfterResponse: s.K_SERVICE === undefined || s.CPU_ALWAYS_ON,
    },
    claims: {
      leaseMs: inMs(s.CLAIM_LEASE_SECONDS),
      renewMs: inMs(s.CLAIM_RENEW_SECONDS),
      stopMarginMs: inMs(s.CLAIM_STOP_MARGIN_SECONDS),
      unansweredAbortMs: inMs(s.CLAIM_UNANSWERED_ABORT_SECONDS),
    },
    run: {
      budgetMs: inMs(s.RUN_BUDGET_SECONDS),
      abortMs: inMs(s.HTTP_SYNC_JOBS_RUN_TIMEOUT),
      stallMs: inMs(s.RUN_STALL_SECONDS),
      maxFruitlessAttempts: s.MAX_FRUITLESS_ATTEMPTS,
      maxParallelFiles: s.RUN_MAX_PARALLEL_FILES,
      maxLoneDeaths: s.MAX_LONE_DEATHS,
      failureThreshold: s.FAILURE_THRESHOLD,
    },
    recovery: {
      maxRevivals: s.MAX_REVIVALS,
      queuedProbeAfterMs: inMs(s.QUEUED_PROBE_AFTER_SECONDS),
      probeMaxMs: inMs(s.QUEUED_PROBE_MAX_SECONDS),
      jobTimeoutMs: inMs(s.REAPER_TIMEOUT_SECONDS),
      jobStallMs: inMs(s.REAPER_STALL_SECONDS),
      passLeaseMs: inMs(s.REAPER_PASS_LEASE_SECONDS),
      manifestSweepIntervalMs: inMs(s.REAPER_MANIFEST_SWEEP_SECONDS),
      manifestMinAgeMs: inMs(s.REAPER_MANIFEST_MIN_AGE_SECONDS),
      blobMinAgeMs: inMs(s.REAPER_BLOB_MIN_AGE_SECONDS),
      sweepPageObjects: s.REAPER_SWEEP_PAGE_OBJECTS,
      sweepIntervalMs: inMs(s.REAPER_SWEEP_INTERVAL_SECONDS),
      batchSize: s.REAPER_BATCH_SIZE,
      outcomeRetentionMs: s.OUTCOME_RETENTION_DAYS * DAY_MS,
      terminalRetentionMs: s.TERMINAL_RETENTION_HOURS * HOUR_MS,
    },
  }
}

function groupTasks(s: Settings): TasksConfig | undefined {
  if (s.SYNC_TASKS_QUEUE === undefined) return undefined
  return {
    projectId: proven(s.SYNC_TASKS_PROJECT),
    location: proven(s.SYNC_TASKS_LOCATION),
    queue: s.SYNC_TASKS_QUEUE,
    backfillQueue: s.SYNC_TASKS_BACKFILL_QUEUE,
    handlerUrl: proven(s.SYNC_TASKS_HANDLER_URL),
    // A rule holds the one to end in /run; both routes are of one service.
    enrichmentUrl: proven(s.SYNC_TASKS_HANDLER_URL).replace(/\/run(?=$|[?#])/, '/enrich'),
    audience: proven(s.SYNC_TASKS_OIDC_AUDIENCE),
    invokerEmail: proven(s.SYNC_TASKS_INVOKER_SA),
    deadlineMs: inMs(s.SYNC_TASKS_DISPATCH_DEADLINE_SECONDS),
    rpcTimeoutMs: s.SYNC_TASKS_RPC_TIMEOUT_MS,
    api:
      s.SYNC_TASKS_API_HOST === undefined
        ? undefined
        : {
            host: s.SYNC_TASKS_API_HOST,
            port: s.SYNC_TASKS_API_PORT,
            plaintext: s.SYNC_TASKS_API_PLAINTEXT,
          },
  }
}

function groupIdentity(s: Settings): IdentityConfig {
  return {
    idSecret: s.SYNC_ID_SECRET,
    devIdentity: s.SYNC_DEV_IDENTITY,
    certsTimeoutMs: s.CERTS_TIMEOUT_MS,
    oidc: {
      audience: s.SYNC_TASKS_OIDC_AUDIENCE,
      invokerEmail: s.SYNC_TASKS_INVOKER_SA,
      certsUrl: s.OIDC_CERTS_URL,
      extraIssuers: s.OIDC_EXTRA_ISSUERS ?? [],
    },
    operators: { emails: s.OPERATOR_EMAILS ?? [], audience: s.OPERATOR_AUDIENCE },
    firebase: {
      projectId: s.FIREBASE_PROJECT,
      certsUrl: s.FIREBASE_CERTS_URL,
      extraIssuers: s.FIREBASE_EXTRA_ISSUERS ?? [],
    },
  }
}

function groupStt(s: Settings): SttConfig {
  return {
    provider: sttProvider(s),
    deepgram: { baseUrl: s.DEEPGRAM_BASE_URL, model: s.DEEPGRAM_MODEL },
    openai: { baseUrl: s.OPENAI_BASE_URL, model: s.STT_OPENAI_MODEL },
    offline: {
      command: s.STT_OFFLINE_COMMAND,
      libraryPath: s.STT_OFFLINE_LIBRARY_PATH,
      modelDir: s.STT_OFFLINE_MODEL_DIR,
    },
    language: s.STT_LANGUAGE,
    timeoutMs: inMs(s.STT_TIMEOUT_SECONDS),
    defaultWaitMs: inMs(s.STT_DEFAULT_WAIT_SECONDS),
    maxParallelSegments: s.STT_MAX_PARALLEL_SEGMENTS,
  }
}

function sttProvider(s: Settings): SttConfig['provider'] {
  switch (s.STT_PROVIDER) {
    case 'deepgram':
      return { kind: 'deepgram', apiKey: proven(s.DEEPGRAM_API_KEY) }
    case 'openai':
      return { kind: 'openai', apiKey: proven(s.OPENAI_API_KEY) }
    case 'offline':
    case 'spans':
      return { kind: s.STT_PROVIDER }
  }
}

function groupEnrichment(s: Settings): EnrichmentConfig {
  return {
    provider:
      s.ENRICHMENT_PROVIDER === 'openai'
        ? { kind: 'openai', apiKey: proven(s.ENRICHMENT_API_KEY) }
        : { kind: s.ENRICHMENT_PROVIDER },
    openai: {
      baseUrl: s.ENRICHMENT_BASE_URL,
      model: s.ENRICHMENT_MODEL,
      timeoutMs: inMs(s.ENRICHMENT_TIMEOUT_SECONDS),
      maxInputCharacters: s.ENRICHMENT_MAX_INPUT_CHARACTERS,
    },
    limits: {
      budgetMs: inMs(s.ENRICHMENT_BUDGET_SECONDS),
      maxAttempts: s.ENRICHMENT_MAX_ATTEMPTS,
      giveUpAfterMs: s.ENRICHMENT_GIVE_UP_HOURS * HOUR_MS,
      fillerMaxWords: s.ENRICHMENT_FILLER_MAX_WORDS,
      fillerMaxMs: inMs(s.ENRICHMENT_FILLER_MAX_SECONDS),
      sweepBackMs: s.ENRICHMENT_SWEEP_DAYS * DAY_MS,
    },
  }
}

function groupUpload(s: Settings): UploadConfig {
  return {
    maxFiles: s.UPLOAD_MAX_FILES,
    maxBytes: s.UPLOAD_MAX_BYTES,
    maxDecodedBytes: s.UPLOAD_MAX_DECODED_BYTES,
    maxDecodedMs: inMs(s.UPLOAD_MAX_DECODED_SECONDS),
    maxFrames: s.UPLOAD_MAX_FRAMES,
    idleTimeoutMs: s.UPLOAD_IDLE_TIMEOUT_MS,
    minBytesPerSecond: s.UPLOAD_MIN_BYTES_PER_SECOND,
    bufferBudgetBytes: s.UPLOAD_BUFFER_BUDGET_BYTES,
    bufferedFileMaxBytes: s.UPLOAD_BUFFERED_FILE_MAX_BYTES,
    idempotencyKeyMs: s.IDEMPOTENCY_KEY_HOURS * HOUR_MS,
  }
}

function groupAdmission(s: Settings): Config['admission'] {
  return {
    maxUploads: s.ADMISSION_MAX_UPLOADS,
    maxDeliveries: s.ADMISSION_MAX_DELIVERIES,
    maxLoopDelayMs: s.ADMISSION_MAX_LOOP_DELAY_MS,
    maxMemoryShare: s.ADMISSION_MAX_MEMORY_SHARE,
    retryAfterMs: inMs(s.ADMISSION_RETRY_AFTER_SECONDS),
  }
}

function inMs(seconds: number): number {
  return Math.round(seconds * SECOND_MS)
}

/** A rule has already refused its absence; the types cannot know. */
function proven<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('A setting that a rule demands is missing')
  return value
}
