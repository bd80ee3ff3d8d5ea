import { describe, expect, it } from 'vitest'
import { ConfigError, readEnv, toConfig, VARIABLES } from '../../../src/config/index.ts'
import { DAY_MS, HOUR_MS } from '../../../src/kernel/index.ts'
import { faultsOf } from './faults-of.ts'
import { QUEUE_SOURCE, VALID_SOURCE } from './valid-env.ts'

const configOf = (changes: Readonly<Record<string, string | undefined>> = {}) =>
  toConfig(readEnv({ ...VALID_SOURCE, ...changes }))

describe('toConfig', () => {
  it('takes the least environment and fills every other limit as designed', () => {
    const { redis, identity, stt, ...config } = configOf()
    expect(config).toEqual({
      service: {
        name: undefined,
        revision: undefined,
        publicUrl: undefined,
        timeoutMs: 1_800_000,
        capacity: { maxInstances: 40, concurrency: 24 },
        shutdownGraceMs: 8_000,
      },
      http: { host: '0.0.0.0', port: 8_080, requestTimeoutMs: 120_000, headersTimeoutMs: 30_000 },
      gcs: {
        stagingBucket: 'sync-staging',
        dataBucket: 'sync-durable',
        stagingRetentionMs: 45 * 86_400_000,
        projectId: undefined,
        apiEndpoint: undefined,
        operationTimeoutMs: 30_000,
        readIdleTimeoutMs: 15_000,
      },
      dispatch: {
        mode: 'inline',
        maxAttempts: 5,
        minBackoffMs: 18_000,
        maxBackoffMs: 300_000,
        maxDoublings: 4,
        inlineMaxRunningJobs: 4,
        ownKeyMaxWaitMs: 1_800_000,
        worksAfterResponse: true,
      },
      tasks: undefined,
      upload: {
        maxFiles: 20,
        maxBytes: 28 * 1024 * 1024,
        maxDecodedBytes: 64 * 1024 * 1024,
        maxDecodedMs: 3_600_000,
        maxFrames: 360_000,
        idleTimeoutMs: 30_000,
        minBytesPerSecond: 256,
        bufferBudgetBytes: 48 * 1024 * 1024,
        bufferedFileMaxBytes: 8 * 1024 * 1024,
        idempotencyKeyMs: 172_800_000,
      },
      admission: {
        maxUploads: 250,
        maxDeliveries: 64,
        maxLoopDelayMs: 250,
        maxMemoryShare: 0.85,
        retryAfterMs: 10_000,
      },
      enrichment: {
        provider: { kind: 'offline' },
        openai: {
          baseUrl: 'https://api.openai.com/v1',
          model: 'gpt-4o-mini',
          timeoutMs: 60_000,
          maxInputCharacters: 60_000,
        },
        limits: {
          budgetMs: 150_000,
          maxAttempts: 5,
          giveUpAfterMs: 86_400_000,
          fillerMaxWords: 12,
          fillerMaxMs: 15_000,
          sweepBackMs: 172_800_000,
        },
      },
      lanes: { freshMs: 21_600_000, lookbackMs: 2_592_000_000 },
      claims: {
        leaseMs: 15_000,
        renewMs: 5_000,
        stopMarginMs: 3_000,
        unansweredAbortMs: 60_000,
      },
      run: {
        budgetMs: 1_440_000,
        abortMs: 1_500_000,
        stallMs: 600_000,
        maxFruitlessAttempts: 5,
        maxParallelFiles: 2,
        maxLoneDeaths: 3,
        failureThreshold: 0.5,
      },
      fairUse: {
        isEnabled: false,
        userMaxRunningJobs: 2,
        slotSnoozeMs: 30_000,
        limits: {
          caps: {
            standard: { '24h': 2 * HOUR_MS, '3d': 8 * HOUR_MS, '7d': 10 * HOUR_MS },
            unlimited: { '24h': 4 * HOUR_MS, '3d': 16 * HOUR_MS, '7d': 20 * HOUR_MS },
          },
          ceilingMs: 30 * HOUR_MS,
          violationWindowMs: 7 * DAY_MS,
          violationSpacingMs: DAY_MS,
          throttleViolations: 2,
          throttleMs: 7 * DAY_MS,
          restrictViolations: 3,
          restrictMs: 30 * DAY_MS,
          restrictedDayBudgetMs: 1_800_000,
          meterRetentionMs: 8 * DAY_MS,
        },
        subscriptions: {
          unlimitedUids: [],
          url: undefined,
          token: undefined,
          timeoutMs: 1_000,
          cacheMs: 300_000,
        },
        repeatFailures: { limit: 3, windowMs: DAY_MS, pauseMs: DAY_MS },
      },
      recovery: {
        maxRevivals: 3,
        queuedProbeAfterMs: 60_000,
        probeMaxMs: 900_000,
        jobTimeoutMs: 21_600_000,
        jobStallMs: 1_800_000,
        passLeaseMs: 30_000,
        manifestSweepIntervalMs: 3_600_000,
        manifestMinAgeMs: 600_000,
        blobMinAgeMs: 7_200_000,
        sweepPageObjects: 1_000,
        sweepIntervalMs: 60_000,
        batchSize: 100,
        outcomeRetentionMs: 2_592_000_000,
        terminalRetentionMs: 172_800_000,
      },
      status: { pollAfterMs: 3_000, streamIntervalMs: 1_000, streamHeartbeatMs: 15_000 },
      compute: { workers: 0 },
      telemetry: { level: 'info', rawUid: false, projectId: undefined },
    })
    expect(redis).toMatchObject({ commandTimeoutMs: 2_000, isCluster: false })
    expect(redis.url.reveal()).toBe(VALID_SOURCE['REDIS_URL'])
    expect(identity.idSecret.reveal()).toBe(VALID_SOURCE['SYNC_ID_SECRET'])
    expect(stt).toMatchObject({
      timeoutMs: 300_000,
      defaultWaitMs: 30_000,
      maxParallelSegments: 5,
      language: undefined,
    })
    expect(stt.deepgram).toEqual({ baseUrl: 'https://api.deepgram.com', model: 'nova-3' })
  })

  it('groups a named queue with all that a push needs', () => {
    const config = configOf({
      ...QUEUE_SOURCE,
      SYNC_TASKS_BACKFILL_QUEUE: 'sync-backfill',
      SYNC_TASKS_API_HOST: '127.0.0.1',
      SYNC_TASKS_API_PORT: '9123',
      SYNC_TASKS_API_PLAINTEXT: 'true',
    })
    expect(config.dispatch.mode).toBe('cloud_tasks')
    expect(config.tasks).toEqual({
      projectId: 'omi-prod',
      location: 'us-central1',
      queue: 'sync-jobs',
      backfillQueue: 'sync-backfill',
      handlerUrl: 'https://sync-abc.a.run.app/v2/sync-jobs/run',
      enrichmentUrl: 'https://sync-abc.a.run.app/v2/sync-jobs/enrich',
      audience: 'https://sync-abc.a.run.app',
      invokerEmail: 'invoker@omi-prod.iam.gserviceaccount.com',
      deadlineMs: 1_560_000,
      rpcTimeoutMs: 10_000,
      api: { host: '127.0.0.1', port: 9_123, plaintext: true },
    })
    expect(config.identity.oidc).toMatchObject({
      audience: 'https://sync-abc.a.run.app',
      invokerEmail: 'invoker@omi-prod.iam.gserviceaccount.com',
    })
  })

  it.each([
    [{}, true],
    [{ K_SERVICE: 'sync' }, false],
    [{ K_SERVICE: 'sync', CPU_ALWAYS_ON: 'true' }, true],
  ])('knows whether work may go on after a response: %j', (source, expected) => {
    expect(configOf(source).dispatch.worksAfterResponse).toBe(expected)
  })

  it('keeps a queue for recovery in inline mode', () => {
    const config = configOf({ ...QUEUE_SOURCE, SYNC_DISPATCH_MODE: 'inline' })
    expect(config.dispatch.mode).toBe('inline')
    expect(config.tasks?.queue).toBe('sync-jobs')
  })

  it('honours a run timeout of 0 as no limit, not as unset', () => {
    expect(configOf({ HTTP_SYNC_JOBS_RUN_TIMEOUT: '0' }).run.abortMs).toBe(0)
  })

  it('takes empty and blank text as unset, and trims the line end a secret file brings', () => {
    const config = configOf({ PORT: '', LOG_LEVEL: '  ', DEEPGRAM_API_KEY: 'key-of-ours\n' })
    expect(config.http.port).toBe(8_080)
    expect(config.telemetry.level).toBe('info')
    expect(config.stt.provider).toMatchObject({ kind: 'deepgram' })
    if ('apiKey' in config.stt.provider) {
      expect(config.stt.provider.apiKey.reveal()).toBe('key-of-ours')
    }
  })

  it('splits issuers by comma and strips the slash that would double in a path', () => {
    const config = configOf({
      OIDC_EXTRA_ISSUERS: 'https://issuer.test , http://127.0.0.1:1,',
      DEEPGRAM_BASE_URL: 'https://stt.example.com//',
    })
    expect(config.identity.oidc.extraIssuers).toEqual(['https://issuer.test', 'http://127.0.0.1:1'])
    expect(config.identity.firebase.extraIssuers).toEqual([])
    expect(config.stt.deepgram.baseUrl).toBe('https://stt.example.com')
  })

  it('reads seconds to the millisecond', () => {
    expect(configOf({ CLAIM_RENEW_SECONDS: '4.25' }).claims.renewMs).toBe(4_250)
  })

  it('reports all faults in one message, one line each', () => {
    const faults = faultsOf({
      PORT: 'eighty',
      REDIS_URL: undefined,
      GCS_DATA_BUCKET: undefined,
      CLAIM_RENEW_SECONDS: '10',
      SYNC_DISPATCH_MOD: 'inline',
    })
    expect(faults).toEqual([
      'PORT must be a whole number from 0 to 65535 (it is "eighty").',
      'REDIS_URL is required: redis:// or rediss:// URL of the job store, its password included.',
      'GCS_DATA_BUCKET is required: Bucket of plans, transcripts, outcomes, conversations and their summaries.',
      'CLAIM_RENEW_SECONDS (10) must be less than half of CLAIM_LEASE_SECONDS (15): one missed renewal must not cost the claim.',
      'SYNC_DISPATCH_MOD is not a variable of this service; the nearest is SYNC_DISPATCH_MODE.',
    ])
    const { message } = new ConfigError(faults)
    expect(message.split('\n')).toHaveLength(faults.length + 1)
    expect(message).toContain('The configuration has 5 faults:\n- PORT must be')
  })

  it('keeps a value of many lines on one line of the message', () => {
    const [fault] = faultsOf({ PORT: `1\n2${'3'.repeat(200)}` })
    expect(fault).not.toContain('\n')
    expect(fault?.length).toBeLessThan(200)
  })

  it('accuses no pair of variables when one of them could not be read', () => {
    expect(faultsOf({ CLAIM_LEASE_SECONDS: 'soon' })).toHaveLength(1)
    expect(faultsOf({ ...QUEUE_SOURCE, SYNC_TASKS_QUEUE: 'no spaces allowed' })).toHaveLength(1)
  })

  it('is frozen to the last leaf', () => {
    const config = configOf({ ...QUEUE_SOURCE, OIDC_EXTRA_ISSUERS: 'https://issuer.test' })
    const loose: string[] = []
    const visit = (value: unknown, path: string) => {
      if (typeof value !== 'object' || value === null) return
      if (!Object.isFrozen(value)) loose.push(path)
      for (const [key, part] of Object.entries(value)) visit(part, `${path}.${key}`)
    }
    visit(config, 'config')
    expect(loose).toEqual([])
    expect(() => Object.assign(config.claims, { leaseMs: 1 })).toThrow(TypeError)
  })
})

describe('VARIABLES', () => {
  it('gives every variable a meaning, and none both a default and a duty', () => {
    for (const [name, row] of Object.entries(VARIABLES)) {
      expect(name).toMatch(/^[A-Z][A-Z0-9_]+$/)
      expect(row.doc.length, name).toBeGreaterThan(10)
      expect('default' in row && 'required' in row, name).toBe(false)
    }
  })

  it('carries only defaults that its own readers accept', () => {
    expect(faultsOf({})).toEqual([])
  })

  it('is read from the process when no other source is named', () => {
    expect(Object.keys(readEnv().values)).toEqual(Object.keys(VARIABLES))
  })
})
