import type { Stage } from '../kernel/index.ts'
import type { Clock } from '../ports/index.ts'
import type { StageTimes } from './attempt.ts'

/** Wall time by stage, in ms. Files overlap, so a stage runs from its first entry to the next one's. */
export interface StageTimer {
  enter(stage: Stage): void
  read(): StageTimes
}

export function createStageTimer(clock: Clock): StageTimer {
  const enteredAt = new Map<Stage, number>()
  return {
    enter: (stage) => {
      if (!enteredAt.has(stage)) enteredAt.set(stage, clock.monotonicMs())
    },
    read: () => {
      const entries = [...enteredAt]
      const ends = [...entries.slice(1).map(([, at]) => at), clock.monotonicMs()]
      return Object.fromEntries(
        entries.map(([stage, at], i) => [stage, Math.round((ends[i] ?? at) - at)]),
      )
    },
  }
}
