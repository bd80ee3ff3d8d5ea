import type { Timeline } from './timeline.ts'

/** A level over time. */
export interface Gauge {
  add(change: number): void
  level(): number
  /** Highest since the last `restart`. */
  max(): number
  /** Mean over time since the last `restart`. */
  mean(): number
  /** Level times ms since the last `restart`. */
  area(): number
  restart(): void
}

export function createGauge(timeline: Timeline): Gauge {
  let [level, highest, area] = [0, 0, 0]
  let [sinceMs, movedMs] = [timeline.now(), timeline.now()]
  const settle = () => {
    area += level * (timeline.now() - movedMs)
    movedMs = timeline.now()
  }
  return {
    add: (change) => {
      settle()
      level += change
      highest = Math.max(highest, level)
    },
    level: () => level,
    max: () => highest,
    mean: () => {
      settle()
      return area / Math.max(1, timeline.now() - sinceMs)
    },
    area: () => {
      settle()
      return area
    },
    restart: () => {
      settle()
      area = 0
      highest = level
      sinceMs = timeline.now()
    },
  }
}
