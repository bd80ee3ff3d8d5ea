import type { FairUseConfig } from './fair-use-shape.ts'
import type { Secret } from './secrets.ts'

/** The checked configuration, one group a room. Spans are milliseconds; frozen throughout. */
export interface Config {
  readonly service: ServiceConfig
  readonly http: HttpConfig
  readonly redis: {
    readonly url: Secret
    readonly isCluster: boolean
    readonly commandTimeoutMs: number
  }
  readonly gcs: GcsConfig
  readonly dispatch: DispatchConfig
  /** Absent when no queue is named; cloud_tasks mode always has it. */
  readonly tasks: TasksConfig | undefined
  readonly identity: IdentityConfig
  readonly stt: SttConfig
  readonly enrichment: EnrichmentConfig
  readonly upload: UploadConfig
  readonly admission: AdmissionConfig
  readonly lanes: { readonly freshMs: number; readonly lookbackMs: number }
  readonly claims: ClaimsConfig
  readonly run: RunConfig
  readonly fairUse: FairUseConfig
  readonly recovery: RecoveryConfig
  readonly status: {
    readonly pollAfterMs: number
    readonly streamIntervalMs: number
    readonly streamHeartbeatMs: number
  }
  readonly compute: { /** 0: one less than the CPUs, at least one. */ readonly workers: number }
  readonly telemetry: TelemetryConfig
}

export interface ServiceConfig {
  /** Both set by Cloud Run only. */
  readonly name: string | undefined
  readonly revision: string | undefined
  readonly publicUrl: string | undefined
  readonly timeoutMs: number
  /** How much Cloud Run lets through; the doctor holds the queues to it. */
  readonly capacity: { readonly maxInstances: number; readonly concurrency: number }
  readonly shutdownGraceMs: number
}

export interface HttpConfig {
  readonly host: string
  readonly port: number
  /** Every route but the worker. */
  readonly requestTimeoutMs: number
  /** Until all headers are in; a body's silence is limited by `upload.idleTimeoutMs`. */
  readonly headersTimeoutMs: number
}

export interface GcsConfig {
  readonly stagingBucket: string
  readonly dataBucket: string
  readonly stagingRetentionMs: number
  readonly projectId: string | undefined
  readonly apiEndpoint: string | undefined
  readonly operationTimeoutMs: number
  readonly readIdleTimeoutMs: number
}

/** How the queue delivers, and how much is done without one. */
export interface DispatchConfig {
  readonly mode: 'inline' | 'cloud_tasks'
  readonly maxAttempts: number
  readonly minBackoffMs: number
  readonly maxBackoffMs: number
  readonly maxDoublings: number
  readonly inlineMaxRunningJobs: number
  /** How long a provider may put off a job that runs with the user's own key. */
  readonly ownKeyMaxWaitMs: number
  /** Whether this instance has CPU between requests. */
  readonly worksAfterResponse: boolean
}

export interface TasksConfig {
  readonly projectId: string
  readonly location: string
  readonly queue: string
  readonly backfillQueue: string | undefined
  readonly handlerUrl: string
  /** Where the tasks of the second stage are pushed to. */
  readonly enrichmentUrl: string
  readonly audience: string
  readonly invokerEmail: string
  /** How long the queue waits for one delivery. */
  readonly deadlineMs: number
  readonly rpcTimeoutMs: number
  /** A queue other than the real one. */
  readonly api: TasksApi | undefined
}

export interface TasksApi {
  readonly host: string
  readonly port: number
  readonly plaintext: boolean
}

export interface IdentityConfig {
  /** Key of all ids. */
  readonly idSecret: Secret
  /** Takes callers' word for who they are; never in a deployed configuration. */
  readonly devIdentity: boolean
  readonly certsTimeoutMs: number
  /** Task endpoints; with no audience or account every caller is refused (I10). */
  readonly oidc: {
    readonly audience: string | undefined
    readonly invokerEmail: string | undefined
    readonly certsUrl: string
    readonly extraIssuers: readonly string[]
  }
  /** Who may use the console and the admin routes; an empty list is nobody. */
  readonly operators: { readonly emails: readonly string[]; readonly audience: string | undefined }
  readonly firebase: {
    readonly projectId: string | undefined
    readonly certsUrl: string
    readonly extraIssuers: readonly string[]
  }
}

/** The chosen provider carries its own key; the base URLs also serve users who bring theirs. */
export interface SttConfig {
  readonly provider:
    | { readonly kind: 'deepgram' | 'openai'; readonly apiKey: Secret }
    | { readonly kind: 'offline' | 'spans' }
  readonly deepgram: { readonly baseUrl: string; readonly model: string }
  readonly openai: { readonly baseUrl: string; readonly model: string }
  readonly offline: {
    readonly command: string
    readonly libraryPath: string | undefined
    readonly modelDir: string | undefined
  }
  readonly language: string | undefined
  readonly timeoutMs: number
  readonly defaultWaitMs: number
  readonly maxParallelSegments: number
}

export interface EnrichmentConfig {
  readonly provider:
    | { readonly kind: 'openai'; readonly apiKey: Secret }
    | { readonly kind: 'offline' | 'none' }
  readonly openai: {
    readonly baseUrl: string
    readonly model: string
    readonly timeoutMs: number
    readonly maxInputCharacters: number
  }
  readonly limits: {
    readonly budgetMs: number
    readonly maxAttempts: number
    readonly giveUpAfterMs: number
    readonly fillerMaxWords: number
    readonly fillerMaxMs: number
    readonly sweepBackMs: number
  }
}

export interface UploadConfig {
  readonly maxFiles: number
  readonly maxBytes: number
  readonly maxDecodedBytes: number
  /** Length of the audio of one upload. */
  readonly maxDecodedMs: number
  readonly maxFrames: number
  readonly idleTimeoutMs: number
  /** 0 means no limit. */
  readonly minBytesPerSecond: number
  readonly bufferBudgetBytes: number
  readonly bufferedFileMaxBytes: number
  readonly idempotencyKeyMs: number
}

export interface ClaimsConfig {
  readonly leaseMs: number
  readonly renewMs: number
  readonly stopMarginMs: number
  readonly unansweredAbortMs: number
}

export interface RunConfig {
  readonly budgetMs: number
  /** Hard abort of a run, and the limit of the worker route; 0 means none. */
  readonly abortMs: number
  readonly stallMs: number
  readonly maxFruitlessAttempts: number
  readonly maxParallelFiles: number
  readonly maxLoneDeaths: number
  readonly failureThreshold: number
}

export interface AdmissionConfig {
  readonly maxUploads: number
  readonly maxDeliveries: number
  readonly maxLoopDelayMs: number
  /** Of the container's memory. */
  readonly maxMemoryShare: number
  readonly retryAfterMs: number
}

export interface RecoveryConfig {
  readonly maxRevivals: number
  readonly queuedProbeAfterMs: number
  /** The longest pause between two looks at a waiting job. */
  readonly probeMaxMs: number
  /** Of running, waits left out; ends a job only together with the stall. */
  readonly jobTimeoutMs: number
  readonly jobStallMs: number
  readonly passLeaseMs: number
  readonly manifestSweepIntervalMs: number
  readonly manifestMinAgeMs: number
  readonly blobMinAgeMs: number
  /** Per part and pass. */
  readonly sweepPageObjects: number
  readonly sweepIntervalMs: number
  /** Per shard and pass. */
  readonly batchSize: number
  readonly outcomeRetentionMs: number
  readonly terminalRetentionMs: number
}

export interface TelemetryConfig {
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'
  readonly rawUid: boolean
  readonly projectId: string | undefined
  /** Absent: no traces and no metrics are sent. */
  readonly otlp: OtlpConfig | undefined
}

export interface OtlpConfig {
  readonly tracesUrl: string
  readonly metricsUrl: string
  readonly protocol: 'http/protobuf' | 'http/json'
  /** `name=value` pairs. */
  readonly headers: Secret | undefined
  readonly timeoutMs: number
  readonly metricIntervalMs: number
  /** Who sends. */
  readonly resource: Readonly<Record<string, string>>
  readonly sampler: {
    readonly kind: 'always_on' | 'always_off' | 'traceidratio'
    readonly followsParent: boolean
    readonly ratio: number
  }
}
