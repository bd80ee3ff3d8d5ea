import { describe, expect, it } from 'vitest'
import { refusal, span, type TimedRig } from './rig.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

export function timeLimitsContract(rig: () => TimedRig): void {
  describe('limits in time', () => {
    it('delivers a task scheduled days ahead to the millisecond', async () => {
      const { clock, queue, create, worker, get } = rig()
      const dueMs = clock.now() + 29 * DAY
      const name = await create(await queue(), { scheduleTime: span(dueMs) })
      await clock.advance(29 * DAY - 1)
      expect((await get(name)).dispatchCount).toBe(0)
      await clock.advance(1)
      const { headers } = await worker.request(1)
      expect(headers['x-cloudtasks-tasketa']).toBe((dueMs / 1_000).toFixed(6))
    })

    it('keeps to the rate once the burst is spent', async () => {
      const { client, clock, queue, create, worker } = rig()
      const parent = await queue({ rateLimits: { maxDispatchesPerSecond: 1 } })
      const [{ rateLimits }] = await client.getQueue({ name: parent })
      const burst = rateLimits?.maxBurstSize ?? 0
      for (let n = 0; n < burst + 3; n++) await create(parent)
      await worker.request(burst)
      for (const extra of [1, 2, 3]) {
        await clock.advance(999)
        expect(worker.received).toHaveLength(burst + extra - 1)
        await clock.advance(1)
        await worker.request(burst + extra)
      }
    })

    it('frees a burnt name in time, and not before', async () => {
      const { clock, queue, create, gone } = rig()
      const parent = await queue()
      await gone(await create(parent, { id: 'again' }))
      await clock.advance(DAY - 1)
      expect((await refusal(create(parent, { id: 'again' }))).code).toBe(6)
      await clock.advance(1)
      await gone(await create(parent, { id: 'again' }))
    })

    it('forgets a page token after two hours', async () => {
      const { client, clock, queue, create } = rig()
      const parent = await queue()
      const scheduleTime = span(clock.now() + DAY)
      for (let n = 0; n < 3; n++) await create(parent, { scheduleTime })
      const list = (pageToken = '') =>
        client.listTasks({ parent, pageSize: 1, pageToken }, { autoPaginate: false })
      const [, , page] = await list()
      const token = page?.nextPageToken ?? ''
      await clock.advance(2 * HOUR - 1)
      expect((await list(token))[0]).toHaveLength(1)
      await clock.advance(1)
      expect((await refusal(list(token))).code).toBe(3)
      expect((await refusal(list('nonsense'))).code).toBe(3)
    })

    it('drops a task that waited for 31 days', async () => {
      const { client, clock, queue, create, gone, worker } = rig()
      const parent = await queue()
      await client.pauseQueue({ name: parent })
      const name = await create(parent)
      await clock.advance(31 * DAY)
      await client.resumeQueue({ name: parent })
      await gone(name)
      expect(worker.received).toEqual([])
    })
  })
}
