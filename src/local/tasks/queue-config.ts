import * as z from 'zod'
import type { QueueRecord } from './records.ts'
import { checkQueueName } from './resource-names.ts'
import { refusals } from './rpc-error.ts'
import { spanSchema } from './wire.ts'

/** What an operator may set; everything absent takes the service's default. */
export interface QueueSettings {
  /** `projects/P/locations/L/queues/Q` */
  readonly name: string
  readonly maxDispatchesPerSecond?: number | undefined
  readonly maxConcurrentDispatches?: number | undefined
  /** The service chooses this one itself; it can be set here, not over the API. */
  readonly maxBurstSize?: number | undefined
  /** First attempt included; -1 without limit. */
  readonly maxAttempts?: number | undefined
  readonly minBackoffMs?: number | undefined
  readonly maxBackoffMs?: number | undefined
  readonly maxDoublings?: number | undefined
  readonly maxRetryDurationMs?: number | undefined
  readonly logSamplingRatio?: number | undefined
}

/** Queue message of CreateQueue and UpdateQueue; output-only fields are ignored. */
export const queueMessageSchema = z.object({
  name: z.string().default(''),
  rateLimits: z
    .object({
      maxDispatchesPerSecond: z.number().default(0),
      maxConcurrentDispatches: z.int().default(0),
    })
    .optional(),
  retryConfig: z
    .object({
      maxAttempts: z.int().default(0),
      minBackoff: spanSchema.optional(),
      maxBackoff: spanSchema.optional(),
      maxDoublings: z.int().default(0),
      maxRetryDuration: spanSchema.optional(),
    })
    .optional(),
  stackdriverLoggingConfig: z.object({ samplingRatio: z.number().default(0) }).optional(),
})

type Limits = Omit<QueueSettings, 'name'>

/** A zero scalar is an absent one on the wire: the default. */
export function settingsOf(message: z.output<typeof queueMessageSchema>): QueueSettings {
  const { rateLimits: rate, retryConfig: retry } = message
  return {
    name: message.name,
    maxDispatchesPerSecond: rate?.maxDispatchesPerSecond || undefined,
    maxConcurrentDispatches: rate?.maxConcurrentDispatches || undefined,
    maxAttempts: retry?.maxAttempts || undefined,
    minBackoffMs: retry?.minBackoff,
    maxBackoffMs: retry?.maxBackoff,
    maxDoublings: retry?.maxDoublings || undefined,
    maxRetryDurationMs: retry?.maxRetryDuration,
    logSamplingRatio: message.stackdriverLoggingConfig?.samplingRatio,
  }
}

/** Defaults of a queue made over the API: 500/s, 1,000 at once, 100 attempts from 0.1 s to 1 h. */
export function newQueueRecord(settings: QueueSettings): QueueRecord {
  return checkLimits(draftQueueRecord(settings))
}

function draftQueueRecord(settings: QueueSettings): QueueRecord {
  const rate = settings.maxDispatchesPerSecond ?? 500
  return {
    name: checkQueueName(settings.name),
    state: 'RUNNING',
    maxDispatchesPerSecond: rate,
    maxConcurrentDispatches: settings.maxConcurrentDispatches ?? 1_000,
    maxBurstSize: settings.maxBurstSize ?? Math.max(10, Math.ceil(rate / 5)),
    maxAttempts: settings.maxAttempts ?? 100,
    minBackoffMs: wholeSeconds(settings.minBackoffMs ?? 100),
    maxBackoffMs: wholeSeconds(settings.maxBackoffMs ?? 3_600_000),
    maxDoublings: settings.maxDoublings ?? 16,
    maxRetryDurationMs: wholeSeconds(settings.maxRetryDurationMs ?? 0),
    logSamplingRatio: settings.logSamplingRatio ?? 0,
  }
}

const MASKED: Record<string, readonly (keyof Limits)[]> = {
  rate_limits: ['maxDispatchesPerSecond', 'maxConcurrentDispatches'],
  'rate_limits.max_dispatches_per_second': ['maxDispatchesPerSecond'],
  'rate_limits.max_concurrent_dispatches': ['maxConcurrentDispatches'],
  retry_config: [
    'maxAttempts',
    'minBackoffMs',
    'maxBackoffMs',
    'maxDoublings',
    'maxRetryDurationMs',
  ],
  'retry_config.max_attempts': ['maxAttempts'],
  'retry_config.min_backoff': ['minBackoffMs'],
  'retry_config.max_backoff': ['maxBackoffMs'],
  'retry_config.max_doublings': ['maxDoublings'],
  'retry_config.max_retry_duration': ['maxRetryDurationMs'],
  stackdriver_logging_config: ['logSamplingRatio'],
  'stackdriver_logging_config.sampling_ratio': ['logSamplingRatio'],
}

/**
 * UpdateQueue: the masked fields, or all of them, take what the message says; what it leaves out
 * falls back to its default. A mask that names `max_doublings` alone can set it to 0.
 */
export function updatedQueueRecord(
  before: QueueRecord,
  settings: QueueSettings,
  mask: readonly string[],
): QueueRecord {
  const wanted = draftQueueRecord(settings)
  const named = mask.flatMap((path) => {
    const fields = MASKED[path.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)]
    if (fields === undefined) throw refusals.invalid(`Invalid field mask path: ${path}.`)
    return fields.map((field) => [field, wanted[field]] as const)
  })
  const record = mask.length === 0 ? wanted : { ...before, ...Object.fromEntries(named) }
  const alone = mask.some((path) => /max_?doublings$/i.test(path))
  if (alone && settings.maxDoublings === undefined) record.maxDoublings = 0
  return checkLimits({ ...record, state: before.state, purgedAtMs: before.purgedAtMs })
}

/** Spans of a second and more are cut to whole seconds; the default minimum of 0.1 s stays. */
function wholeSeconds(ms: number): number {
  return ms < 1_000 ? ms : Math.trunc(ms / 1_000) * 1_000
}

function checkLimits(queue: QueueRecord): QueueRecord {
  const rules: readonly (readonly [boolean, string])[] = [
    [queue.maxDispatchesPerSecond > 0, 'RateLimits.maxDispatchesPerSecond cannot be negative.'],
    [
      queue.maxDispatchesPerSecond <= 500,
      'RateLimits.maxDispatchesPerSecond must be less than or equal to 500.',
    ],
    [queue.maxConcurrentDispatches > 0, 'RateLimits.maxConcurrentDispatches cannot be negative.'],
    [
      queue.maxConcurrentDispatches <= 5_000,
      'RateLimits.maxConcurrentDispatches must be less than or equal to 5000.',
    ],
    [queue.maxAttempts >= -1, 'RetryConfig.maxAttempts must be greater or equal to -1.'],
    [queue.maxDoublings >= 0, 'RetryConfig.maxDoublings cannot be negative.'],
    [queue.minBackoffMs >= 0, 'RetryConfig.minBackoff cannot be negative.'],
    [queue.maxBackoffMs >= 0, 'RetryConfig.maxBackoff cannot be negative.'],
    [queue.maxRetryDurationMs >= 0, 'RetryConfig.maxRetryDuration cannot be negative.'],
    [
      queue.minBackoffMs <= queue.maxBackoffMs,
      'RetryConfig.minBackoff must be less than or equal to RetryConfig.maxBackoff.',
    ],
  ]
  const broken = rules.find(([holds]) => !holds)
  if (broken) throw refusals.invalid(broken[1])
  return queue
}
