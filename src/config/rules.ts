import type { VariableName } from './env.ts'
import type { Settings } from './settings.ts'
import { hostOf, isLoopbackHost } from './value-types.ts'

/** A law between variables, judged only when each of them could be read. */
export interface Rule {
  readonly names: readonly VariableName[]
  /** One plain sentence that names the variables; undefined when the law holds. */
  readonly fault: (settings: Settings) => string | undefined
}

type NumberName = {
  [N in VariableName]: Settings[N] extends number ? N : never
}[VariableName]

/** The exact limits among each other; each refusal says what would break. */
export const RULES: readonly Rule[] = [
  ordered('CLAIM_RENEW_SECONDS', 'less than half of', 'CLAIM_LEASE_SECONDS', {
    holds: (renew, lease) => renew < lease / 2,
    because: 'one missed renewal must not cost the claim',
  }),
  below('CLAIM_STOP_MARGIN_SECONDS', 'CLAIM_RENEW_SECONDS', {
    because: 'a claim renewed on time must stay trusted in between',
  }),
  below('CLAIM_LEASE_SECONDS', 'SYNC_TASKS_MIN_BACKOFF_SECONDS', {
    because: 'the first retry after a death must find the claim lapsed',
  }),
  ordered('SYNC_TASKS_MIN_BACKOFF_SECONDS', 'at most', 'SYNC_TASKS_MAX_BACKOFF_SECONDS', {
    holds: (least, most) => least <= most,
    because: 'a backoff cannot shrink as it grows',
  }),
  below('CLAIM_RENEW_SECONDS', 'CLAIM_UNANSWERED_ABORT_SECONDS', {
    because: 'a run must ask at least once before it gives up',
  }),
  ordered('REDIS_COMMAND_TIMEOUT_MS', 'at most', 'CLAIM_RENEW_SECONDS', {
    holds: (timeoutMs, renewSeconds) => timeoutMs <= renewSeconds * 1_000,
    because: 'a renewal must have its answer before the next is due',
  }),
  ordered('STT_TIMEOUT_SECONDS', 'at most half of', 'RUN_STALL_SECONDS', {
    holds: (timeout, stall) => timeout * 2 <= stall,
    because: 'a segment and its one retry are no stall',
  }),
  below('RUN_STALL_SECONDS', 'REAPER_STALL_SECONDS', {
    because: 'a run must have ended itself before recovery gives the job up',
  }),
  below('REAPER_STALL_SECONDS', 'REAPER_TIMEOUT_SECONDS', {
    because: 'a stall is a part of the time a job has run',
  }),
  ordered('QUEUED_PROBE_AFTER_SECONDS', 'at most', 'QUEUED_PROBE_MAX_SECONDS', {
    holds: (after, most) => after <= most,
    because: 'the first look at a job must not be its last',
  }),
  ordered('SERVICE_TIMEOUT_SECONDS', 'at most half of', 'REAPER_BLOB_MIN_AGE_SECONDS', {
    holds: (upload, age) => upload * 2 <= age,
    because: 'blobs of an upload under way must not count as orphaned, whoever is late',
  }),
  ordered('ENRICHMENT_TIMEOUT_SECONDS', 'at most half of', 'ENRICHMENT_BUDGET_SECONDS', {
    holds: (timeout, budget) => timeout * 2 <= budget,
    because: 'an answer that must be repaired takes two calls',
  }),
  ordered('ENRICHMENT_BUDGET_SECONDS', 'less than', 'HTTP_SYNC_JOBS_RUN_TIMEOUT', {
    holds: (budget, abort) => abort === 0 || budget < abort,
    because: 'an attempt must end in good order before it is aborted',
  }),
  below('ENRICHMENT_BUDGET_SECONDS', 'SYNC_TASKS_DISPATCH_DEADLINE_SECONDS', {
    because: 'an attempt must end before the queue stops listening',
  }),
  below('RUN_STALL_SECONDS', 'RUN_BUDGET_SECONDS', {
    because: 'a stall must be seen before the budget ends the run',
  }),
  ordered('RUN_BUDGET_SECONDS', 'less than', 'HTTP_SYNC_JOBS_RUN_TIMEOUT', {
    holds: (budget, abort) => abort === 0 || budget < abort,
    because: 'a run must end in good order before it is aborted',
  }),
  below('RUN_BUDGET_SECONDS', 'SYNC_TASKS_DISPATCH_DEADLINE_SECONDS', {
    because: 'a run must end before the queue stops listening',
  }),
  below('HTTP_SYNC_JOBS_RUN_TIMEOUT', 'SYNC_TASKS_DISPATCH_DEADLINE_SECONDS', {
    because: 'a run must be aborted before the queue delivers it again',
  }),
  below('SYNC_TASKS_DISPATCH_DEADLINE_SECONDS', 'SERVICE_TIMEOUT_SECONDS', {
    because: 'the queue must give up before Cloud Run cuts the connection',
  }),
  ordered('HTTP_REQUEST_TIMEOUT_SECONDS', 'at most', 'SERVICE_TIMEOUT_SECONDS', {
    holds: (request, service) => request <= service,
    because: 'our answer must be the one the client sees',
  }),
  ordered('UPLOAD_BUFFERED_FILE_MAX_BYTES', 'at most', 'UPLOAD_BUFFER_BUDGET_BYTES', {
    holds: (file, budget) => file <= budget,
    because: 'a file over the budget would wait for ever',
  }),
  ordered('SYNC_FRESH_HOURS', 'at most as long as', 'SYNC_LOOKBACK_DAYS', {
    holds: (freshHours, lookbackDays) => freshHours <= lookbackDays * 24,
    because: 'fresh audio must not be refused as too old',
  }),
  ...risingCaps(''),
  ...risingCaps('UNLIMITED_'),
  ordered('FAIR_USE_UNLIMITED_CAP_24H_HOURS', 'at most', 'FAIR_USE_CEILING_24H_HOURS', {
    holds: (cap, ceiling) => cap <= ceiling,
    because: 'a user must be warned before uploads are refused',
  }),
  below('FAIR_USE_THROTTLE_VIOLATIONS', 'FAIR_USE_RESTRICT_VIOLATIONS', {
    because: 'the milder stage comes first',
  }),
  ...(
    [
      'SYNC_TASKS_PROJECT',
      'SYNC_TASKS_LOCATION',
      'SYNC_TASKS_QUEUE',
      'SYNC_TASKS_HANDLER_URL',
      'SYNC_TASKS_OIDC_AUDIENCE',
      'SYNC_TASKS_INVOKER_SA',
    ] as const
  ).map(neededByQueue),
  rule(['SYNC_TASKS_HANDLER_URL'], ({ SYNC_TASKS_HANDLER_URL: handler }) => {
    if (handler === undefined || handler.startsWith('https:')) return undefined
    if (isLoopbackHost(hostOf(handler))) return undefined
    return 'SYNC_TASKS_HANDLER_URL must be an https URL unless its host is on loopback: it carries the token that runs jobs.'
  }),
  rule(['SYNC_TASKS_HANDLER_URL'], ({ SYNC_TASKS_HANDLER_URL: handler }) =>
    handler === undefined || URL.parse(handler)?.pathname.endsWith('/v2/sync-jobs/run')
      ? undefined
      : 'SYNC_TASKS_HANDLER_URL must have a path that ends in /v2/sync-jobs/run: the route of the worker.',
  ),
  rule(
    ['SYNC_TASKS_API_PLAINTEXT', 'SYNC_TASKS_API_HOST'],
    ({ SYNC_TASKS_API_PLAINTEXT: isPlaintext, SYNC_TASKS_API_HOST: host }) =>
      isPlaintext && host === undefined
        ? 'SYNC_TASKS_API_PLAINTEXT=true needs SYNC_TASKS_API_HOST: the real queue speaks TLS only.'
        : undefined,
  ),
  providerKey('deepgram', 'DEEPGRAM_API_KEY'),
  providerKey('openai', 'OPENAI_API_KEY'),
  rule(['ENRICHMENT_PROVIDER', 'ENRICHMENT_API_KEY'], (s) =>
    s.ENRICHMENT_PROVIDER === 'openai' && s.ENRICHMENT_API_KEY === undefined
      ? 'ENRICHMENT_API_KEY is required when ENRICHMENT_PROVIDER is openai.'
      : undefined,
  ),
  rule(
    ['FIREBASE_PROJECT', 'SYNC_DEV_IDENTITY'],
    ({ FIREBASE_PROJECT: project, SYNC_DEV_IDENTITY: isDev }) =>
      project === undefined && !isDev
        ? 'FIREBASE_PROJECT is required unless SYNC_DEV_IDENTITY is true: without it no user can be verified.'
        : undefined,
  ),
  onlyOnLoopback(
    'K_SERVICE',
    'is set: the service runs on Cloud Run',
    (s) => s.K_SERVICE === undefined,
  ),
  onlyOnLoopback('HOST', 'is not a loopback address', (s) => isLoopbackHost(s.HOST)),
  onlyOnLoopback('REDIS_URL', 'is not on loopback', (s) =>
    isLoopbackHost(hostOf(s.REDIS_URL.reveal())),
  ),
  onlyOnLoopback('GCS_API_ENDPOINT', 'is not set to a store on loopback', (s) =>
    isLoopbackHost(hostOf(s.GCS_API_ENDPOINT ?? '')),
  ),
]

function rule<const N extends VariableName>(
  names: readonly N[],
  fault: (settings: Pick<Settings, N>) => string | undefined,
): Rule {
  return { names, fault }
}

interface Order {
  readonly holds: (left: number, right: number) => boolean
  readonly because: string
}

function ordered(left: NumberName, relation: string, right: NumberName, order: Order): Rule {
  return rule([left, right], (s) =>
    order.holds(s[left], s[right])
      ? undefined
      : `${left} (${s[left]}) must be ${relation} ${right} (${s[right]}): ${order.because}.`,
  )
}

function below(left: NumberName, right: NumberName, { because }: Pick<Order, 'because'>): Rule {
  return ordered(left, 'less than', right, { holds: (a, b) => a < b, because })
}

function risingCaps(tier: '' | 'UNLIMITED_'): Rule[] {
  const because = 'a longer window holds at least as much speech'
  const atMost = (shorter: '24H' | '3D', longer: '3D' | '7D') =>
    ordered(
      `FAIR_USE_${tier}CAP_${shorter}_HOURS`,
      'at most',
      `FAIR_USE_${tier}CAP_${longer}_HOURS`,
      {
        holds: (short, long) => short <= long,
        because,
      },
    )
  return [atMost('24H', '3D'), atMost('3D', '7D')]
}

/** Naming a queue needs the rest too, in inline mode as well: recovery may use it. */
function neededByQueue(name: VariableName): Rule {
  return rule([name, 'SYNC_DISPATCH_MODE', 'SYNC_TASKS_QUEUE'], (s: Settings) => {
    if (s[name] !== undefined) return undefined
    if (s.SYNC_DISPATCH_MODE === 'cloud_tasks') {
      return `${name} is required when SYNC_DISPATCH_MODE is cloud_tasks.`
    }
    return s.SYNC_TASKS_QUEUE === undefined
      ? undefined
      : `${name} is required when SYNC_TASKS_QUEUE is set.`
  })
}

function providerKey(
  provider: Settings['STT_PROVIDER'],
  name: 'DEEPGRAM_API_KEY' | 'OPENAI_API_KEY',
): Rule {
  return rule(['STT_PROVIDER', name], (s) =>
    s.STT_PROVIDER === provider && s[name] === undefined
      ? `${name} is required when STT_PROVIDER is ${provider}.`
      : undefined,
  )
}

/** A deployed configuration can never carry the identity that believes everyone. */
function onlyOnLoopback(
  name: VariableName,
  fact: string,
  holds: (settings: Settings) => boolean,
): Rule {
  return {
    names: ['SYNC_DEV_IDENTITY', name],
    fault: (s) =>
      s.SYNC_DEV_IDENTITY && !holds(s)
        ? `SYNC_DEV_IDENTITY=true is refused because ${name} ${fact}.`
        : undefined,
  }
}
