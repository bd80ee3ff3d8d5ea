import { describe, expect, it } from 'vitest'
import { millis, type Rig, refusal, span } from './rig.ts'

const NOT_FOUND = 5
const ALREADY_EXISTS = 6
const FAILED_PRECONDITION = 9

export function queuesContract(rig: () => Rig): void {
  describe('queues', () => {
    it('fills in the defaults of the service', async () => {
      const { client, queue } = rig()
      const [created] = await client.getQueue({ name: await queue({ retryConfig: {} }) })
      expect(created.state).toBe('RUNNING')
      expect(created.rateLimits).toMatchObject({
        maxDispatchesPerSecond: 500,
        maxConcurrentDispatches: 1_000,
      })
      expect(created.rateLimits?.maxBurstSize).toBeGreaterThan(0)
      expect(created.retryConfig).toMatchObject({ maxAttempts: 100, maxDoublings: 16 })
      expect(millis(created.retryConfig?.minBackoff)).toBe(100)
      expect(millis(created.retryConfig?.maxBackoff)).toBe(3_600_000)
    })

    it('keeps what it was given in whole seconds, and changes what the mask names', async () => {
      const { client, queue } = rig()
      const name = await queue({
        rateLimits: { maxDispatchesPerSecond: 5, maxConcurrentDispatches: 7 },
        retryConfig: {
          maxAttempts: 5,
          minBackoff: span(18_900),
          maxBackoff: span(300_000),
          maxDoublings: 4,
        },
      })
      await client.pauseQueue({ name })
      const [updated] = await client.updateQueue({
        queue: { name, retryConfig: { maxAttempts: 9 } },
        updateMask: { paths: ['retry_config.max_attempts'] },
      })
      const [read] = await client.getQueue({ name })
      expect(read).toEqual(updated)
      expect(read.state).toBe('PAUSED')
      expect(read.rateLimits).toMatchObject({
        maxDispatchesPerSecond: 5,
        maxConcurrentDispatches: 7,
      })
      expect(read.retryConfig).toMatchObject({ maxAttempts: 9, maxDoublings: 4 })
      expect(millis(read.retryConfig?.minBackoff)).toBe(18_000)
      expect(millis(read.retryConfig?.maxBackoff)).toBe(300_000)
    })

    it('tells what a caller may do with one, and of a missing one nothing', async () => {
      const { client, queue } = rig()
      const asked = ['cloudtasks.tasks.create', 'cloudtasks.queues.get']
      const may = async (resource: string) =>
        (await client.testIamPermissions({ resource, permissions: asked }))[0].permissions
      const name = await queue({})
      expect(await may(name)).toEqual(asked)
      expect(await may(`${name}-missing`)).toEqual([])
    })

    it('refuses limits the service does not allow', async () => {
      const { queue } = rig()
      const backwards = { minBackoff: span(20_000), maxBackoff: span(10_000) }
      expect((await refusal(queue({ rateLimits: { maxDispatchesPerSecond: 501 } }))).code).toBe(3)
      expect((await refusal(queue({ retryConfig: { maxAttempts: -2 } }))).code).toBe(3)
      expect((await refusal(queue({ retryConfig: backwards }))).code).toBe(3)
    })

    it('lists queues in the order of their names, page by page', async () => {
      const { client, queue, server } = rig()
      const made = [await queue(), await queue(), await queue()]
      const page = { parent: server.location, pageSize: 2 }
      const listed = []
      for await (const { name } of client.listQueuesAsync(page)) listed.push({ name })
      const names = listed.map(({ name }) => name ?? '')
      expect(names).toEqual(names.toSorted())
      expect(names).toEqual(expect.arrayContaining(made))
    })

    it('tells an existing, a missing and a deleted queue apart', async () => {
      const { client, queue, server } = rig()
      const parent = server.location
      const name = await queue()
      expect(await refusal(client.createQueue({ parent, queue: { name } }))).toEqual({
        code: ALREADY_EXISTS,
        details: 'Queue already exists',
      })
      await client.deleteQueue({ name })
      expect((await refusal(client.getQueue({ name }))).code).toBe(NOT_FOUND)
      expect(await refusal(client.createQueue({ parent, queue: { name } }))).toEqual({
        code: FAILED_PRECONDITION,
        details: 'The queue cannot be created because a queue with this name existed too recently.',
      })
      for (const call of [client.pauseQueue({ name }), client.purgeQueue({ name })]) {
        expect((await refusal(call)).details).toContain('Queue does not exist.')
      }
    })

    it('takes tasks while paused and delivers them when resumed', async () => {
      const { client, queue, create, get, gone, worker } = rig()
      const parent = await queue()
      const [paused] = await client.pauseQueue({ name: parent })
      expect(paused.state).toBe('PAUSED')
      const name = await create(parent)
      // RunTask passes the pause and comes second: had the pause not held, the first were here.
      const forced = await create(parent)
      await client.runTask({ name: forced })
      await gone(forced)
      expect((await get(name)).dispatchCount).toBe(0)
      expect(worker.received).toHaveLength(1)
      await client.resumeQueue({ name: parent })
      await gone(name)
      expect(worker.received).toHaveLength(2)
    })

    it('purges every task and leaves their names burnt (F16)', async () => {
      const { client, queue, create, gone } = rig()
      const parent = await queue()
      const scheduleTime = span(Date.now() + 3_600_000)
      const names = [await create(parent, { scheduleTime }), await create(parent, { scheduleTime })]
      const [purged] = await client.purgeQueue({ name: parent })
      expect(millis(purged.purgeTime)).toBeGreaterThan(0)
      for (const name of names) await gone(name)
      const id = names[0]?.split('/').at(-1) ?? ''
      expect((await refusal(create(parent, { id }))).code).toBe(ALREADY_EXISTS)
      await gone(await create(parent))
    })
  })
}
