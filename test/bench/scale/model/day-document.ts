import type { Timeline } from './timeline.ts'

/** An object takes about one write a second (cloud.google.com/storage/docs/request-rate). */
const WRITE_INTERVAL_MS = 1_000

/** A user's document of one day. Landings that meet on one instance while a write waits go with it. */
export interface DayDocument {
  land(instance: object, done: () => void): void
}

export function createDayDocument(timeline: Timeline, writeMs: number): DayDocument {
  let freeAtMs = 0
  const waiting = new Map<object, (() => void)[]>()
  return {
    land: (instance, done) => {
      const joined = waiting.get(instance)
      if (joined) {
        joined.push(done)
        return
      }
      const batch = [done]
      waiting.set(instance, batch)
      const startMs = Math.max(timeline.now(), freeAtMs)
      freeAtMs = startMs + WRITE_INTERVAL_MS
      timeline.after(startMs - timeline.now(), () => {
        waiting.delete(instance)
        timeline.after(writeMs, () => {
          for (const each of batch) each()
        })
      })
    },
  }
}
