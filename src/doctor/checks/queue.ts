import { SECOND_MS } from '../../kernel/index.ts'
import type { QueueFacts, QueueInspector } from '../../ports/index.ts'
import { type Check, createCheck, type Judgement, type Shortfall, unless } from '../finding.ts'

/** How the service counts on being delivered to. */
export interface QueueDemands {
  readonly maxAttempts: number
  readonly minBackoffMs: number
  readonly maxBackoffMs: number
  readonly maxDoublings: number
}

/** One queue: there, running, and retrying as the service counts. */
export function queueCheck(inspector: QueueInspector, demands: QueueDemands): Check {
  return createCheck({
    name: `queue ${inspector.queue}`,
    must: 'the queue can be looked at',
    mend: `give the account roles/cloudtasks.viewer on queue ${inspector.queue}; see that SYNC_TASKS_PROJECT and SYNC_TASKS_LOCATION are its own`,
    inspect: (signal) => inspector.describe(signal),
    judge: (facts) => judgeQueue(inspector, demands, facts),
  })
}

function judgeQueue(
  { queue, project, location }: QueueInspector,
  demands: QueueDemands,
  facts: QueueFacts | undefined,
): Judgement {
  const gcloud = (deed: string, flags = '') =>
    `gcloud tasks queues ${deed} ${queue} --project ${project} --location ${location}${flags}`
  if (!facts) {
    const must = `queue ${queue} exists in ${location}`
    const mend = `terraform apply, or ${gcloud('create')}; a queue deleted lately keeps its name for days`
    return {
      found: 'no such queue',
      shortfalls: [{ code: 'queue_missing', must, mend }],
    }
  }
  const rule = (holds: boolean, code: string, must: string, flag: string) =>
    [holds, { code, must, mend: `terraform apply, or ${gcloud('update', ` ${flag}`)}` }] as const
  const { maxAttempts, maxDoublings } = demands
  const [least, most] = [secondsOf(demands.minBackoffMs), secondsOf(demands.maxBackoffMs)]
  const isRunning = facts.state === 'running'
  const paused: Shortfall = {
    code: 'queue_not_running',
    must: 'it is running: a paused queue takes tasks and delivers none',
    mend: gcloud('resume'),
  }
  return {
    found: inWords(facts),
    shortfalls: unless(
      [isRunning, paused],
      rule(
        facts.maxAttempts === maxAttempts,
        'queue_max_attempts',
        `maxAttempts is ${maxAttempts} (SYNC_TASKS_MAX_ATTEMPTS): by it the service knows the last delivery`,
        `--max-attempts=${maxAttempts}`,
      ),
      rule(
        facts.minBackoffMs === demands.minBackoffMs,
        'queue_min_backoff',
        `minBackoff is ${least} s (SYNC_TASKS_MIN_BACKOFF_SECONDS): sooner, a retry meets a lease and burns an attempt`,
        `--min-backoff=${least}s`,
      ),
      rule(
        facts.maxBackoffMs === demands.maxBackoffMs,
        'queue_max_backoff',
        `maxBackoff is ${most} s (SYNC_TASKS_MAX_BACKOFF_SECONDS)`,
        `--max-backoff=${most}s`,
      ),
      rule(
        facts.maxDoublings === maxDoublings,
        'queue_max_doublings',
        `maxDoublings is ${maxDoublings} (SYNC_TASKS_MAX_DOUBLINGS)`,
        `--max-doublings=${maxDoublings}`,
      ),
      rule(
        facts.maxRetryDurationMs === 0,
        'queue_max_retry_duration',
        'maxRetryDuration is 0: with any other the queue goes on past its last attempt',
        '--max-retry-duration=0s',
      ),
      rule(
        facts.logSamplingRatio > 0,
        'queue_logs_nothing',
        'it logs its operations: else nobody can say why a task was retried',
        '--log-sampling-ratio=1.0',
      ),
    ),
  }
}

function inWords(facts: QueueFacts): string {
  const backoff = `${secondsOf(facts.minBackoffMs)}-${secondsOf(facts.maxBackoffMs)} s`
  const duration =
    facts.maxRetryDurationMs === 0 ? '' : `, for ${secondsOf(facts.maxRetryDurationMs)} s`
  return `${facts.state}, ${facts.maxAttempts} attempts, backoff ${backoff}, ${facts.maxDoublings} doublings${duration}`
}

function secondsOf(ms: number): number {
  return ms / SECOND_MS
}
