import { describe, expect, it } from 'vitest'
import { faultsOf } from './faults-of.ts'
import { DEV_SOURCE, QUEUE_SOURCE } from './valid-env.ts'

type Changes = Readonly<Record<string, string | undefined>>

/** One case a law: what breaks it, what keeps it by a hair, and the two names in the sentence. */
const LAWS: readonly {
  law: string
  breaks: Changes
  holds: Changes
  names: readonly string[]
}[] = [
  ...(
    [
      ['', '24H', '3D', '9', '8'],
      ['', '3D', '7D', '11', '10'],
      ['UNLIMITED_', '24H', '3D', '17', '16'],
      ['UNLIMITED_', '3D', '7D', '21', '20'],
    ] as const
  ).map(([tier, shorter, longer, over, atMost]) => ({
    law: `a ${tier}cap of ${longer} holds one of ${shorter}`,
    breaks: { [`FAIR_USE_${tier}CAP_${shorter}_HOURS`]: over },
    holds: { [`FAIR_USE_${tier}CAP_${shorter}_HOURS`]: atMost },
    names: [
      `FAIR_USE_${tier}CAP_${shorter}_HOURS (${over})`,
      `FAIR_USE_${tier}CAP_${longer}_HOURS (${atMost})`,
    ],
  })),
  {
    law: 'a user is warned before uploads are refused',
    breaks: { FAIR_USE_CEILING_24H_HOURS: '3' },
    holds: { FAIR_USE_CEILING_24H_HOURS: '4' },
    names: ['FAIR_USE_UNLIMITED_CAP_24H_HOURS (4)', 'FAIR_USE_CEILING_24H_HOURS (3)'],
  },
  {
    law: 'the milder stage comes first',
    breaks: { FAIR_USE_THROTTLE_VIOLATIONS: '3' },
    holds: { FAIR_USE_THROTTLE_VIOLATIONS: '2' },
    names: ['FAIR_USE_THROTTLE_VIOLATIONS (3)', 'FAIR_USE_RESTRICT_VIOLATIONS (3)'],
  },
  {
    law: 'a renewal comes twice in a lease',
    breaks: { CLAIM_RENEW_SECONDS: '7.5' },
    holds: { CLAIM_RENEW_SECONDS: '7.499' },
    names: ['CLAIM_RENEW_SECONDS (7.5)', 'CLAIM_LEASE_SECONDS (15)'],
  },
  {
    law: 'a claim renewed on time stays trusted',
    breaks: { CLAIM_STOP_MARGIN_SECONDS: '5' },
    holds: { CLAIM_STOP_MARGIN_SECONDS: '4.9' },
    names: ['CLAIM_STOP_MARGIN_SECONDS (5)', 'CLAIM_RENEW_SECONDS (5)'],
  },
  {
    law: 'a lease ends before the first retry',
    breaks: { CLAIM_LEASE_SECONDS: '18' },
    holds: { CLAIM_LEASE_SECONDS: '17.9' },
    names: ['CLAIM_LEASE_SECONDS (18)', 'SYNC_TASKS_MIN_BACKOFF_SECONDS (18)'],
  },
  {
    law: 'a backoff does not shrink',
    breaks: { SYNC_TASKS_MAX_BACKOFF_SECONDS: '17.9' },
    holds: { SYNC_TASKS_MAX_BACKOFF_SECONDS: '18' },
    names: ['SYNC_TASKS_MIN_BACKOFF_SECONDS (18)', 'SYNC_TASKS_MAX_BACKOFF_SECONDS (17.9)'],
  },
  {
    law: 'a run asks before it gives up',
    breaks: { CLAIM_UNANSWERED_ABORT_SECONDS: '5' },
    holds: { CLAIM_UNANSWERED_ABORT_SECONDS: '5.1' },
    names: ['CLAIM_RENEW_SECONDS (5)', 'CLAIM_UNANSWERED_ABORT_SECONDS (5)'],
  },
  {
    law: 'a renewal is answered before the next',
    breaks: { REDIS_COMMAND_TIMEOUT_MS: '5001' },
    holds: { REDIS_COMMAND_TIMEOUT_MS: '5000' },
    names: ['REDIS_COMMAND_TIMEOUT_MS (5001)', 'CLAIM_RENEW_SECONDS (5)'],
  },
  {
    law: 'a segment and its retry are no stall',
    breaks: { STT_TIMEOUT_SECONDS: '301' },
    holds: { STT_TIMEOUT_SECONDS: '300' },
    names: ['STT_TIMEOUT_SECONDS (301)', 'RUN_STALL_SECONDS (600)'],
  },
  {
    law: 'a stall is seen within the budget',
    breaks: { RUN_STALL_SECONDS: '1440' },
    holds: { RUN_STALL_SECONDS: '1439' },
    names: ['RUN_STALL_SECONDS (1440)', 'RUN_BUDGET_SECONDS (1440)'],
  },
  {
    law: 'a run ends itself before recovery gives it up',
    breaks: { REAPER_STALL_SECONDS: '600' },
    holds: { REAPER_STALL_SECONDS: '601' },
    names: ['RUN_STALL_SECONDS (600)', 'REAPER_STALL_SECONDS (600)'],
  },
  {
    law: 'a stall is a part of the time a job has run',
    breaks: { REAPER_TIMEOUT_SECONDS: '1800' },
    holds: { REAPER_TIMEOUT_SECONDS: '1801' },
    names: ['REAPER_STALL_SECONDS (1800)', 'REAPER_TIMEOUT_SECONDS (1800)'],
  },
  {
    law: 'the first look at a job is not its last',
    breaks: { QUEUED_PROBE_MAX_SECONDS: '59' },
    holds: { QUEUED_PROBE_MAX_SECONDS: '60' },
    names: ['QUEUED_PROBE_AFTER_SECONDS (60)', 'QUEUED_PROBE_MAX_SECONDS (59)'],
  },
  {
    law: 'blobs of an upload under way are not orphaned',
    breaks: { REAPER_BLOB_MIN_AGE_SECONDS: '3599' },
    holds: { REAPER_BLOB_MIN_AGE_SECONDS: '3600' },
    names: ['SERVICE_TIMEOUT_SECONDS (1800)', 'REAPER_BLOB_MIN_AGE_SECONDS (3599)'],
  },
  {
    law: 'the budget ends before the abort',
    breaks: { RUN_BUDGET_SECONDS: '1500' },
    holds: { RUN_BUDGET_SECONDS: '1499' },
    names: ['RUN_BUDGET_SECONDS (1500)', 'HTTP_SYNC_JOBS_RUN_TIMEOUT (1500)'],
  },
  {
    law: 'without an abort the budget alone ends before the deadline',
    breaks: { HTTP_SYNC_JOBS_RUN_TIMEOUT: '0', RUN_BUDGET_SECONDS: '1560' },
    holds: { HTTP_SYNC_JOBS_RUN_TIMEOUT: '0', RUN_BUDGET_SECONDS: '1559' },
    names: ['RUN_BUDGET_SECONDS (1560)', 'SYNC_TASKS_DISPATCH_DEADLINE_SECONDS (1560)'],
  },
  {
    law: 'the abort comes before the deadline',
    breaks: { HTTP_SYNC_JOBS_RUN_TIMEOUT: '1560' },
    holds: { HTTP_SYNC_JOBS_RUN_TIMEOUT: '1559' },
    names: ['HTTP_SYNC_JOBS_RUN_TIMEOUT (1560)', 'SYNC_TASKS_DISPATCH_DEADLINE_SECONDS (1560)'],
  },
  {
    law: 'the deadline comes before the service timeout',
    breaks: { SYNC_TASKS_DISPATCH_DEADLINE_SECONDS: '1800' },
    holds: { SYNC_TASKS_DISPATCH_DEADLINE_SECONDS: '1799' },
    names: ['SYNC_TASKS_DISPATCH_DEADLINE_SECONDS (1800)', 'SERVICE_TIMEOUT_SECONDS (1800)'],
  },
  {
    law: 'a request ends within the service timeout',
    breaks: { HTTP_REQUEST_TIMEOUT_SECONDS: '1801' },
    holds: { HTTP_REQUEST_TIMEOUT_SECONDS: '1800' },
    names: ['HTTP_REQUEST_TIMEOUT_SECONDS (1801)', 'SERVICE_TIMEOUT_SECONDS (1800)'],
  },
  {
    law: 'a buffered file fits the budget',
    breaks: { UPLOAD_BUFFERED_FILE_MAX_BYTES: '65537', UPLOAD_BUFFER_BUDGET_BYTES: '65536' },
    holds: { UPLOAD_BUFFERED_FILE_MAX_BYTES: '65536', UPLOAD_BUFFER_BUDGET_BYTES: '65536' },
    names: ['UPLOAD_BUFFERED_FILE_MAX_BYTES (65537)', 'UPLOAD_BUFFER_BUDGET_BYTES (65536)'],
  },
  {
    law: 'fresh audio is never too old',
    breaks: { SYNC_FRESH_HOURS: '25', SYNC_LOOKBACK_DAYS: '1' },
    holds: { SYNC_FRESH_HOURS: '24', SYNC_LOOKBACK_DAYS: '1' },
    names: ['SYNC_FRESH_HOURS (25)', 'SYNC_LOOKBACK_DAYS (1)'],
  },
  {
    law: 'plaintext is for another queue only',
    breaks: { SYNC_TASKS_API_PLAINTEXT: 'true' },
    holds: { SYNC_TASKS_API_PLAINTEXT: 'true', SYNC_TASKS_API_HOST: '127.0.0.1' },
    names: ['SYNC_TASKS_API_PLAINTEXT=true', 'SYNC_TASKS_API_HOST'],
  },
  {
    law: 'Deepgram has its key',
    breaks: { DEEPGRAM_API_KEY: undefined },
    holds: { DEEPGRAM_API_KEY: undefined, STT_PROVIDER: 'spans' },
    names: ['DEEPGRAM_API_KEY', 'STT_PROVIDER is deepgram'],
  },
  {
    law: 'an OpenAI-compatible server has its key',
    breaks: { STT_PROVIDER: 'openai' },
    holds: { STT_PROVIDER: 'openai', OPENAI_API_KEY: 'sk-1' },
    names: ['OPENAI_API_KEY', 'STT_PROVIDER is openai'],
  },
  {
    law: 'users can be verified',
    breaks: { FIREBASE_PROJECT: undefined },
    holds: { ...DEV_SOURCE, FIREBASE_PROJECT: undefined },
    names: ['FIREBASE_PROJECT', 'SYNC_DEV_IDENTITY'],
  },
]

describe('limits checked against each other', () => {
  it.each(LAWS)('$law', ({ breaks, holds, names }) => {
    const faults = faultsOf(breaks)
    const naming = faults.filter((fault) => names.every((name) => fault.includes(name)))
    expect(naming, faults.join('\n')).toHaveLength(1)
    expect(faultsOf(holds)).toEqual([])
  })
})

describe('the queue', () => {
  const needed = Object.keys(QUEUE_SOURCE).filter((name) => name !== 'SYNC_DISPATCH_MODE')

  it.each(needed)('is not pushed to without %s', (name) => {
    expect(faultsOf({ ...QUEUE_SOURCE, [name]: undefined })).toEqual([
      `${name} is required when SYNC_DISPATCH_MODE is cloud_tasks.`,
    ])
  })

  it('is whole or absent in inline mode too', () => {
    expect(faultsOf({ SYNC_TASKS_QUEUE: 'sync-jobs' })).toHaveLength(5)
    expect(faultsOf({ SYNC_TASKS_OIDC_AUDIENCE: 'https://sync.example.com' })).toEqual([])
  })

  it('carries its token over https, or over loopback', () => {
    const handler = (url: string) =>
      faultsOf({ ...QUEUE_SOURCE, SYNC_TASKS_HANDLER_URL: `${url}/v2/sync-jobs/run` })
    expect(handler('https://sync.example.com')).toEqual([])
    expect(handler('http://127.0.0.1:8080')).toEqual([])
    expect(handler('http://localhost:8080/prefix')).toEqual([])
    for (const url of [
      'http://sync.example.com',
      'http://127.0.0.1.example.com',
      'http://0.0.0.0',
    ]) {
      expect(handler(url).join(), url).toContain('SYNC_TASKS_HANDLER_URL must be an https URL')
    }
  })

  it('pushes to the route of the worker only', () => {
    for (const path of ['', '/v2/sync-jobs', '/v2/sync-jobs/run/', '/?x=/v2/sync-jobs/run']) {
      const SYNC_TASKS_HANDLER_URL = `https://sync.example.com${path}`
      expect(faultsOf({ ...QUEUE_SOURCE, SYNC_TASKS_HANDLER_URL }).join(), path).toContain(
        'ends in /v2/sync-jobs/run',
      )
    }
  })
})

describe('SYNC_DEV_IDENTITY', () => {
  it('is taken where everything is on loopback', () => {
    expect(faultsOf(DEV_SOURCE)).toEqual([])
    expect(faultsOf({ ...DEV_SOURCE, HOST: '::1', REDIS_URL: 'redis://[::1]:6379' })).toEqual([])
  })

  it.each([
    ['K_SERVICE', 'sync'],
    ['HOST', '0.0.0.0'],
    ['HOST', '10.0.0.4'],
    ['HOST', undefined],
    ['REDIS_URL', 'redis://10.0.0.3:6379'],
    ['REDIS_URL', 'redis://127.0.0.1.example.com'],
    ['REDIS_URL', 'redis://127.0.0.1@10.0.0.3'],
    ['GCS_API_ENDPOINT', 'https://storage.googleapis.com'],
    ['GCS_API_ENDPOINT', 'http://localhost.example.com'],
    ['GCS_API_ENDPOINT', undefined],
  ])('is refused when %s is %s', (name, value) => {
    const faults = faultsOf({ ...DEV_SOURCE, [name]: value })
    expect(faults).toHaveLength(1)
    expect(faults[0]).toMatch(new RegExp(`^SYNC_DEV_IDENTITY=true is refused because ${name} is`))
  })
})
