import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  DAY_MS,
  HOUR_MS,
  MINUTE_MS,
  nextUtcMidnight,
  segmentIdSchema,
  uidHashSchema,
  uidSchema,
} from '../../src/kernel/index.ts'
import type { MeteredUser, SpeechMeter } from '../../src/ports/index.ts'

export interface SpeechMeterHarness {
  readonly meter: SpeechMeter
  /** The store's own time, epoch ms. */
  now(): Promise<number>
}

const hex = (bytes: number) => randomBytes(bytes).toString('hex')
const aUser = (): MeteredUser => ({
  uid: uidSchema.parse(`user-${hex(8)}`),
  uidHash: uidHashSchema.parse(hex(16)),
})
const aSegment = () => segmentIdSchema.parse(hex(20))

/** What every speech meter keeps. */
export function speechMeterContract(
  name: string,
  make: (retentionMs: number) => Promise<SpeechMeterHarness>,
): void {
  const known = async () => {
    const harness = await make(8 * DAY_MS)
    const user = aUser()
    await harness.meter.restore(user, [])
    const total = async () =>
      (await harness.meter.read(user))?.buckets.reduce((sum, b) => sum + b.speechMs, 0)
    return { ...harness, user, total }
  }

  describe(name, () => {
    it('counts nothing on a meter it does not know, and says so', async () => {
      const { meter } = await make(8 * DAY_MS)
      const user = aUser()
      expect(await meter.read(user)).toBeUndefined()
      expect(await meter.count(user, { segmentId: aSegment(), speechMs: 5 })).toEqual({
        kind: 'unknown',
      })
      expect(await meter.read(user)).toBeUndefined()
    })

    it('counts a segment once, guard and sum in one step, however often it is asked to (I5, F27)', async () => {
      const { meter, user, total } = await known()
      const [a, b] = [aSegment(), aSegment()]
      expect(await meter.count(user, { segmentId: a, speechMs: 700 })).toEqual({ kind: 'counted' })
      expect(await meter.count(user, { segmentId: a, speechMs: 700 })).toEqual({ kind: 'known' })
      const together = await Promise.all(
        Array.from({ length: 8 }, () => meter.count(user, { segmentId: b, speechMs: 40 })),
      )
      expect(together.filter(({ kind }) => kind === 'counted')).toHaveLength(1)
      expect(await total()).toBe(740)
    })

    it('keeps users apart', async () => {
      const { meter, user } = await known()
      const other = aUser()
      await meter.restore(other, [])
      await meter.count(user, { segmentId: aSegment(), speechMs: 700 })
      expect((await meter.read(other))?.buckets).toEqual([])
    })

    it('puts speech into minutes of its own time, oldest first', async () => {
      const { meter, user, now } = await known()
      const at = (await now()) - 3 * HOUR_MS
      await meter.restore(user, [
        { segmentId: aSegment(), speechMs: 5, meteredAt: at + MINUTE_MS },
        { segmentId: aSegment(), speechMs: 7, meteredAt: at },
      ])
      await meter.count(user, { segmentId: aSegment(), speechMs: 11 })
      const reading = await meter.read(user)
      expect(reading?.buckets.map(({ speechMs }) => speechMs)).toEqual([7, 5, 11])
      for (const { startMs } of reading?.buckets ?? []) expect(startMs % MINUTE_MS).toBe(0)
      expect(Math.abs((reading?.now ?? 0) - (await now()))).toBeLessThan(5_000)
    })

    it('restores each segment once, beside what it knows already', async () => {
      const { meter, user, total, now } = await known()
      const [a, b] = [aSegment(), aSegment()]
      await meter.count(user, { segmentId: a, speechMs: 10 })
      const past = [a, b].map((segmentId) => ({ segmentId, speechMs: 10, meteredAt: 0 }))
      const recent = await now()
      for (let i = 0; i < 2; i += 1) {
        await meter.restore(
          user,
          past.map((speech) => ({ ...speech, meteredAt: recent })),
        )
      }
      expect(await total()).toBe(20)
      expect(await meter.count(user, { segmentId: b, speechMs: 10 })).toEqual({ kind: 'known' })
    })

    it('restores nothing that is older than it keeps', async () => {
      const { meter, now } = await make(2 * HOUR_MS)
      const user = aUser()
      const at = await now()
      await meter.restore(user, [
        { segmentId: aSegment(), speechMs: 1, meteredAt: at - 3 * HOUR_MS },
        { segmentId: aSegment(), speechMs: 2, meteredAt: at - HOUR_MS },
      ])
      expect((await meter.read(user))?.buckets.map((b) => b.speechMs)).toEqual([2])
    })

    it('takes many segments of the past in one step', async () => {
      const { meter, user, total, now } = await known()
      const at = await now()
      const past = Array.from({ length: 5_000 }, (_, i) => ({
        segmentId: aSegment(),
        speechMs: 2,
        meteredAt: at - i * MINUTE_MS,
      }))
      await meter.restore(user, past)
      expect(await total()).toBe(10_000)
    })

    it('refuses what would lift the day above its budget, and counts nothing of it', async () => {
      const { meter, user, total, now } = await known()
      const count = (speechMs: number) =>
        meter.count(user, { segmentId: aSegment(), speechMs, dayBudgetMs: 100 })
      expect(await count(60)).toEqual({ kind: 'counted' })
      const before = await now()
      const refused = await count(41)
      expect(refused.kind).toBe('over_budget')
      if (refused.kind === 'over_budget') {
        expect([nextUtcMidnight(before), nextUtcMidnight(await now())]).toContain(refused.resetsAt)
      }
      expect(await count(40)).toEqual({ kind: 'counted' })
      expect((await count(1)).kind).toBe('over_budget')
      expect(await total()).toBe(100)
    })

    it('lets a segment that was counted pass a spent budget, and yesterday not count', async () => {
      const { meter, user, now } = await known()
      const [a, b] = [aSegment(), aSegment()]
      await meter.count(user, { segmentId: a, speechMs: 100 })
      expect(await meter.count(user, { segmentId: a, speechMs: 100, dayBudgetMs: 50 })).toEqual({
        kind: 'known',
      })
      const other = aUser()
      const yesterday = Math.floor((await now()) / DAY_MS) * DAY_MS - 1
      await meter.restore(other, [{ segmentId: a, speechMs: 100, meteredAt: yesterday }])
      expect(await meter.count(other, { segmentId: b, speechMs: 50, dayBudgetMs: 50 })).toEqual({
        kind: 'counted',
      })
    })
  })
}
