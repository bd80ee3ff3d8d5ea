import { DAY_MS, HOUR_MS, MINUTE_MS, type SegmentId, type UidHash } from '../../kernel/index.ts'
import type { Clock, SpeechMeter } from '../../ports/index.ts'

interface Meter {
  readonly countedAt: Map<SegmentId, number>
  readonly buckets: Map<number, number>
  isWhole: boolean
  prunedHour: number
  forgetAt: number
}

/** The speech meter in one process, with the answers of the one on Redis. */
export function createMemorySpeechMeter(deps: {
  readonly clock: Pick<Clock, 'now'>
  readonly retentionMs: number
}): SpeechMeter {
  const { clock, retentionMs } = deps
  const meters = new Map<UidHash, Meter>()
  const now = () => Math.floor(clock.now())

  const meterOf = (uidHash: UidHash): Meter => {
    const found = meters.get(uidHash)
    if (found && found.forgetAt > now()) return found
    const empty: Meter = {
      countedAt: new Map(),
      buckets: new Map(),
      isWhole: false,
      prunedHour: 0,
      forgetAt: Number.POSITIVE_INFINITY,
    }
    meters.set(uidHash, empty)
    return empty
  }
  const add = (meter: Meter, segmentId: SegmentId, atMs: number, speechMs: number) => {
    const startMs = Math.floor(atMs / MINUTE_MS) * MINUTE_MS
    if (meter.countedAt.has(segmentId)) return
    meter.countedAt.set(segmentId, startMs)
    meter.buckets.set(startMs, (meter.buckets.get(startMs) ?? 0) + speechMs)
  }
  const forgetPast = (meter: Meter) => {
    const hour = Math.floor(now() / HOUR_MS)
    if (meter.prunedHour === hour) return
    meter.prunedHour = hour
    const oldest = Math.floor((now() - retentionMs) / MINUTE_MS) * MINUTE_MS
    for (const [id, at] of meter.countedAt) if (at < oldest) meter.countedAt.delete(id)
    for (const at of meter.buckets.keys()) if (at < oldest) meter.buckets.delete(at)
  }

  return {
    count: async ({ uidHash }, { segmentId, speechMs, dayBudgetMs }) => {
      const meter = meterOf(uidHash)
      if (!meter.isWhole) return { kind: 'unknown' }
      if (meter.countedAt.has(segmentId)) return { kind: 'known' }
      const dayStart = Math.floor(now() / DAY_MS) * DAY_MS
      const today = [...meter.buckets].filter(([at]) => at >= dayStart)
      const spent = today.reduce((sum, [, ms]) => sum + ms, speechMs)
      if (dayBudgetMs !== undefined && spent > dayBudgetMs) {
        return { kind: 'over_budget', resetsAt: dayStart + DAY_MS }
      }
      add(meter, segmentId, now(), speechMs)
      forgetPast(meter)
      meter.forgetAt = now() + retentionMs
      return { kind: 'counted' }
    },
    read: async ({ uidHash }) => {
      const meter = meterOf(uidHash)
      if (!meter.isWhole) return undefined
      const buckets = [...meter.buckets]
        .map(([startMs, speechMs]) => ({ startMs, speechMs }))
        .filter(({ startMs }) => startMs >= now() - retentionMs)
        .sort((a, b) => a.startMs - b.startMs)
      return { now: now(), buckets }
    },
    restore: async ({ uidHash }, past) => {
      const meter = meterOf(uidHash)
      for (const { segmentId, meteredAt, speechMs } of past) {
        if (meteredAt >= now() - retentionMs) add(meter, segmentId, Math.floor(meteredAt), speechMs)
      }
      meter.isWhole = true
      meter.forgetAt = now() + retentionMs
    },
  }
}
