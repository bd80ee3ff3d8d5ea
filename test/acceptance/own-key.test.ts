import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectRedis, createRedisClient } from '../../src/adapters/redis/index.ts'
import { loadDemoFiles } from '../../src/local/demo/demo-files.ts'
import { type ProviderServer, startProviderServer } from '../support/provider-server.ts'
import { ask, eventually, newUser, STACK_START_TIMEOUT_MS, startTestStack } from './rig.ts'

const KEY = 'dg-key-0f3b9a5c7d1e'

describe("a user's own provider key", { timeout: STACK_START_TIMEOUT_MS }, () => {
  let provider: ProviderServer | undefined
  let stack: Awaited<ReturnType<typeof startTestStack>> | undefined
  beforeAll(async () => {
    provider = await startProviderServer()
    stack = await startTestStack({
      settings: {
        DEEPGRAM_BASE_URL: provider.baseUrl,
        OPENAI_BASE_URL: provider.openaiBaseUrl,
        LOG_LEVEL: 'trace',
        // A summary has a task of its own.
        ENRICHMENT_PROVIDER: 'none',
      },
    })
  }, STACK_START_TIMEOUT_MS)
  afterAll(async () => {
    await stack?.close()
    await provider?.close()
  }, 30_000)

  async function upload(header: string) {
    if (!stack || !provider) throw new Error('started before the first case')
    const user = newUser(stack)
    const form = new FormData()
    for (const file of (await loadDemoFiles(Date.now())).slice(1, 2)) {
      form.append('files', new Blob([file.body]), file.name)
    }
    const accepted = await ask(stack, '/v2/sync-local-files', {
      method: 'POST',
      headers: { ...user.headers, [header]: KEY },
      body: form,
    })
    expect(accepted.status).toBe(202)
    let last: Awaited<ReturnType<typeof ask>>['body'] | undefined
    for await (const status of user.client.follow(accepted.body.job_id))
      last = { ...accepted.body, ...status }
    const poll = await ask(stack, `/v2/sync-local-files/${accepted.body.job_id}`, user)
    return { stack, provider, user, last, poll }
  }

  it.each([
    ['X-BYOK-Deepgram', `Token ${KEY}`],
    ['X-BYOK-OpenAI', `Bearer ${KEY}`],
  ])(
    '%s runs the job in the accepting process, and is written nowhere',
    async (header, authorization) => {
      const { stack, provider, user, last } = await upload(header)
      expect(last).toMatchObject({ status: 'completed' })
      expect(provider.requests.at(-1)).toMatchObject({ authorization })
      expect(await user.client.conversations()).toHaveLength(1)
      expect(stack.tasks.stats.tasks.created).toBe(0)
      expect(await placesOf(KEY, stack)).toEqual([])
    },
  )

  it('that the provider refuses, quoting it, ends that job alone, and is written nowhere', async () => {
    provider?.faults.add({ kind: 'status', status: 401, times: Infinity })
    const { stack, poll } = await upload('X-BYOK-Deepgram')
    provider?.faults.clear()
    expect(poll.body).toMatchObject({
      ...{ status: 'failed', reason_code: 'stt_configuration_error' },
      error: expect.stringContaining('refused the key that was sent with the upload'),
    })
    expect(await placesOf(KEY, stack)).toEqual([])
    const other = newUser(stack)
    const jobId = await other.client.upload((await loadDemoFiles(Date.now())).slice(1, 2))
    for await (const status of other.client.follow(jobId)) expect(status.status).not.toBe('failed')
  })
})

/** Where the text stands: log, objects, tasks, Redis' files, and Redis' memory as it is now. */
async function placesOf(
  text: string,
  stack: { readonly dataFolder: string; readonly logFile: string; readonly redisUrl: string },
): Promise<string[]> {
  const found: string[] = []
  const files = (await readdir(stack.dataFolder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
  expect(files).toContain(stack.logFile)
  await eventually(
    () => readFile(stack.logFile, 'utf8'),
    (log) => log.includes('job_settled') || log.includes('Job settled'),
  )
  for (const file of files) {
    // A file may go while the stack cleans up after itself.
    const bytes = await readFile(file).catch(() => Buffer.alloc(0))
    if (bytes.includes(text)) found.push(file)
  }
  const redis = createRedisClient(stack.redisUrl, {
    commandTimeoutMs: 5_000,
    onError: () => undefined,
  })
  await connectRedis(redis)
  const keys = await redis.keys('*')
  expect(keys.length).toBeGreaterThan(0)
  for (const key of keys) {
    if ((await redis.dumpBuffer(key))?.includes(text)) found.push(key)
  }
  redis.disconnect()
  return found
}
