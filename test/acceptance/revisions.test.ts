import { describe, expect, it } from 'vitest'
import { connectRedis, createRedisClient } from '../../src/adapters/redis/index.ts'
import { readEnv, toConfig } from '../../src/config/index.ts'
import { jobIdSchema, objectNames, shardOfJob } from '../../src/kernel/index.ts'
import { loadDemoFiles } from '../../src/local/demo/demo-files.ts'
import { LOCAL_NAMES } from '../../src/local/stack/index.ts'
import { buildService } from '../../src/service.ts'
import {
  ask,
  eventually,
  newUser,
  STACK_START_TIMEOUT_MS,
  stagedObjects,
  startTestStack,
} from './rig.ts'

type TestStack = Awaited<ReturnType<typeof startTestStack>>

const SHARED = {
  SYNC_ID_SECRET: 'one secret for both revisions, long enough',
  STT_PROVIDER: 'spans',
  CLAIM_LEASE_SECONDS: '2',
  CLAIM_RENEW_SECONDS: '0.6',
  CLAIM_STOP_MARGIN_SECONDS: '0.3',
  REDIS_COMMAND_TIMEOUT_MS: '500',
}

/** The next revision of the service, on the same Redis, buckets and queue, at an address of its own. */
async function startNextRevision(stack: TestStack) {
  const names = LOCAL_NAMES
  const service = buildService(
    toConfig(
      readEnv({
        ...{ HOST: '127.0.0.1', PORT: '0', K_REVISION: 'sync-00002', LOG_LEVEL: 'silent' },
        ...{ REDIS_URL: stack.redisUrl, GCS_API_ENDPOINT: stack.gcs.endpoint },
        ...{ GCS_STAGING_BUCKET: names.stagingBucket, GCS_DATA_BUCKET: names.dataBucket },
        ...{ GCS_PROJECT: names.project, OIDC_CERTS_URL: `${stack.issuerUrl}/oauth2/v1/certs` },
        ...{ SYNC_TASKS_OIDC_AUDIENCE: stack.api, SYNC_TASKS_INVOKER_SA: names.invokerEmail },
        ...{ SYNC_DEV_IDENTITY: 'true', COMPUTE_WORKERS: '1' },
        ...SHARED,
      }),
    ),
  )
  const { port } = await service.start()
  return {
    api: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () => service.stop(),
  }
}

/** Delivers the job's task to that revision, as the queue would. */
async function deliverTo(api: string, stack: TestStack, manifest: string) {
  const jobId = jobIdSchema.parse(manifest.split('/')[2])
  const answer = await fetch(`${api}/v2/sync-jobs/run`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stack.mintTaskToken()}` },
    body: JSON.stringify({
      ...{
        schema_version: 1,
        job_id: jobId,
        uid_shard: shardOfJob(jobId),
        generation: 0,
        manifest,
      },
    }),
  })
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}

const manifestOf = async (stack: TestStack) =>
  (await stagedObjects(stack)).find((name) => name.endsWith('manifest.json')) ?? ''

describe('two revisions of the service', { timeout: STACK_START_TIMEOUT_MS }, () => {
  it('on one job: one claim, records that both read, and the newer takes over from the dead (F58)', async () => {
    await using stack = await startTestStack({ settings: SHARED })
    await using next = await startNextRevision(stack)
    stack.gcs.faults.add({ operation: 'create', prefix: 'transcripts/', delayMs: 600_000 })
    const user = newUser(stack)
    const jobId = await user.client.upload((await loadDemoFiles(Date.now())).slice(1, 2))
    const path = `/v2/sync-local-files/${jobId}`
    await eventually(
      () => ask(stack, path, user),
      ({ body }) => body['stage'] === 'transcribing',
    )
    const manifest = await manifestOf(stack)
    expect(await deliverTo(next.api, stack, manifest)).toEqual({
      status: 409,
      body: { result: 'locked' },
    })
    const both = await Promise.all([ask(stack, path, user), ask({ ...stack, ...next }, path, user)])
    expect(both[0].body).toEqual(both[1].body)

    stack.gcs.faults.clear()
    stack.killService()
    const taken = await eventually(
      () => deliverTo(next.api, stack, manifest),
      ({ status }) => status !== 409,
    )
    expect(taken).toEqual({ status: 200, body: { result: 'done', job_status: 'completed' } })
    await eventually(
      () => ask(stack, path, user).catch(() => undefined),
      (answer) => answer?.body.status === 'completed' && answer.body['attempt'] === 2,
    )
    expect(await user.client.conversations()).toHaveLength(1)
  })

  it('a job of a newer schema is touched by neither, not lost, and run once it is known (F52)', async () => {
    await using stack = await startTestStack({ settings: SHARED })
    await using next = await startNextRevision(stack)
    await fetch(`${stack.tasks.controlUrl}/pause`, { method: 'POST' })
    const user = newUser(stack)
    const jobId = jobIdSchema.parse(
      await user.client.upload((await loadDemoFiles(Date.now())).slice(1, 2)),
    )
    const manifest = await manifestOf(stack)
    expect(manifest).toBe(objectNames.manifest(manifest.split('/')[1] as never, jobId))
    const redis = createRedisClient(stack.redisUrl, {
      commandTimeoutMs: 5_000,
      onError: () => undefined,
    })
    await connectRedis(redis)
    const record = `sd:{${String(shardOfJob(jobId)).padStart(2, '0')}}:job:${jobId}`
    await redis.hset(record, 'sv', '2')
    const before = [await redis.hgetall(record), await stagedObjects(stack)]

    for (const api of [stack.api, next.api]) {
      expect(await deliverTo(api, stack, manifest)).toEqual({
        status: 500,
        body: { result: 'retry', reason: 'newer_schema', version: 2 },
      })
      const authorization = `Bearer ${stack.mintTaskToken()}`
      const pass = await fetch(`${api}/v2/sync-jobs/reap`, {
        method: 'POST',
        headers: { authorization },
      })
      expect(await pass.json()).toMatchObject({ failed: 0, landed: 0, ensured: 0, revived: 0 })
      const poll = await ask({ ...stack, api }, `/v2/sync-local-files/${jobId}`, user)
      expect(poll).toMatchObject({ status: 200, body: { status: 'queued' } })
    }
    expect([await redis.hgetall(record), await stagedObjects(stack)]).toEqual(before)

    await redis.hset(record, 'sv', '1')
    redis.disconnect()
    await fetch(`${stack.tasks.controlUrl}/resume`, { method: 'POST' })
    let last: unknown
    for await (const status of user.client.follow(jobId)) last = status
    expect(last).toMatchObject({ status: 'completed', attempt: 1 })
  })
})
