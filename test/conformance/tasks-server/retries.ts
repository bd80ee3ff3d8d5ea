import { describe, expect, it } from 'vitest'
import { refusal, span, type TimedRig } from './rig.ts'
import { hang } from './worker.ts'

const SECOND = 1_000
const HOUR = 3_600 * SECOND

export function retriesContract(rig: () => TimedRig): void {
  /** Fails attempt after attempt and returns the waits between them, in seconds. */
  async function waitsOf(retryConfig: object, failures: number): Promise<number[]> {
    const { clock, queue, create, worker, failed, get } = rig()
    worker.script(...Array.from({ length: failures }, () => 500))
    const name = await create(await queue({ retryConfig }))
    const waits: number[] = []
    for (let attempt = 1; attempt <= failures; attempt++) {
      await worker.request(attempt)
      const { scheduleMs } = await failed(name, attempt)
      const waitMs = scheduleMs - clock.now()
      waits.push(waitMs / SECOND)
      await clock.advance(waitMs - 1)
      expect((await get(name)).dispatchCount).toBe(attempt)
      await clock.advance(1)
    }
    await worker.request(failures + 1)
    return waits
  }

  describe('retries', () => {
    it('doubles, then grows linearly, then stays at the maximum', async () => {
      const config = { minBackoff: span(10_000), maxBackoff: span(300_000), maxDoublings: 3 }
      expect(await waitsOf(config, 8)).toEqual([10, 20, 40, 80, 160, 240, 300, 300])
    })

    it('keeps to the backoff of the sync queue', async () => {
      const config = {
        maxAttempts: 5,
        minBackoff: span(18_000),
        maxBackoff: span(300_000),
        maxDoublings: 4,
      }
      expect(await waitsOf(config, 4)).toEqual([18, 36, 72, 144])
    })

    it('waits for hours', async () => {
      const config = { minBackoff: span(HOUR), maxBackoff: span(20 * HOUR), maxDoublings: 2 }
      expect(await waitsOf(config, 7)).toEqual([1, 2, 4, 8, 12, 16, 20].map((h) => h * 3_600))
    })

    it('deletes a task whose attempts are spent and burns its name', async () => {
      const { clock, queue, create, worker, failed, gone } = rig()
      const retryConfig = { maxAttempts: 3, minBackoff: span(SECOND), maxBackoff: span(SECOND) }
      const parent = await queue({ retryConfig })
      worker.script(500, 500, 500)
      const name = await create(parent, { id: 'spent' })
      for (const attempt of [1, 2]) {
        await failed(name, attempt)
        await clock.advance(SECOND)
      }
      await gone(name)
      expect((await refusal(create(parent, { id: 'spent' }))).code).toBe(6)
      await clock.advance(HOUR)
      expect(worker.received).toHaveLength(3)
    })

    it('goes on past the attempts until the retry duration is spent too (F43)', async () => {
      const { clock, queue, create, worker, failed, gone } = rig()
      const parent = await queue({
        retryConfig: {
          maxAttempts: 2,
          minBackoff: span(10_000),
          maxBackoff: span(10_000),
          maxRetryDuration: span(45_000),
        },
      })
      worker.script(...Array.from({ length: 9 }, () => 500))
      const name = await create(parent)
      for (let attempt = 1; attempt <= 5; attempt++) {
        await failed(name, attempt)
        await clock.advance(10_000)
      }
      await gone(name)
      expect(worker.received).toHaveLength(6)
    })

    it('never gives up with -1 attempts', async () => {
      const { clock, queue, create, worker, failed } = rig()
      const retryConfig = { maxAttempts: -1, minBackoff: span(HOUR), maxBackoff: span(HOUR) }
      worker.script(...Array.from({ length: 110 }, () => 500))
      const name = await create(await queue({ retryConfig }))
      for (let attempt = 1; attempt <= 110; attempt++) {
        await failed(name, attempt)
        await clock.advance(HOUR)
      }
      expect((await worker.request(111)).headers['x-cloudtasks-taskretrycount']).toBe('110')
    })

    it('drops the connection at the dispatch deadline and calls it 504 (F31)', async () => {
      const { clock, queue, create, worker, failed, get } = rig()
      const retryConfig = { minBackoff: span(SECOND), maxBackoff: span(SECOND) }
      worker.script(hang)
      const name = await create(await queue({ retryConfig }), { dispatchDeadline: span(15_000) })
      const first = await worker.request(1)
      await clock.advance(14_999)
      expect((await get(name)).lastStatus).toBeUndefined()
      await clock.advance(1)
      expect((await failed(name, 1)).lastStatus).toBe(4)
      await expect.poll(() => first.isCutOff).toBe(true)
      await clock.advance(SECOND)
      const { headers } = await worker.request(2)
      expect(headers['x-cloudtasks-taskpreviousresponse']).toBe('504')
      expect(headers['x-cloudtasks-taskexecutioncount']).toBe('0')
      expect(headers['x-cloudtasks-taskretrycount']).toBe('1')
    })

    it('gives an attempt ten minutes where the task says nothing', async () => {
      const { clock, queue, create, worker, failed, get } = rig()
      worker.script(hang)
      const name = await create(await queue())
      await worker.request(1)
      await clock.advance(599_999)
      expect((await get(name)).lastStatus).toBeUndefined()
      await clock.advance(1)
      expect((await failed(name, 1)).lastStatus).toBe(4)
    })

    it('counts the backoff of a forced run from the run', async () => {
      const { client, clock, queue, create, worker, failed } = rig()
      const retryConfig = { minBackoff: span(HOUR), maxBackoff: span(HOUR) }
      let fail = () => {}
      worker.script((res) => {
        fail = () => void res.writeHead(500).end()
      })
      const scheduleTime = span(clock.now() + 48 * HOUR)
      const name = await create(await queue({ retryConfig }), { scheduleTime })
      const runMs = clock.now()
      await client.runTask({ name })
      await worker.request(1)
      await clock.advance(60 * SECOND)
      fail()
      expect((await failed(name, 1)).scheduleMs).toBe(runMs + HOUR)
    })
  })
}
