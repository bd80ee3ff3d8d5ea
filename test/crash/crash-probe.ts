import type { Probe } from '../../src/ports/index.ts'
import type { CrashPoint, StepLine } from './orders.ts'

/** A recovery pass takes them once a shard or part: the first tells as much as all of them. */
const EVERY_SHARD = new Set([
  'script.begin-pass',
  'script.due',
  'script.stalled',
  'script.end-pass',
  'script.begin-sweep',
  'script.end-sweep',
  'script.confirm-shard',
])

export interface CrashProbe {
  readonly probe: Probe
  /** Counts anew; from now on the given occurrence is the last thing this process does. */
  arm(point: CrashPoint | undefined): void
}

/** Counts every durable step and ends the process at the one it was told of. */
export function createCrashProbe(deps: {
  readonly note: (line: Pick<StepLine, 'step' | 'moment' | 'n'>) => void
  /** Does not return. */
  readonly die: () => void
}): CrashProbe {
  let point: CrashPoint | undefined
  let counts = new Map<string, number>()
  return {
    arm: (wanted) => {
      point = wanted
      counts = new Map()
      deps.note({ step: '', moment: 'armed', n: 0 })
    },
    probe: (step, moment) => {
      const key = `${moment} ${step}`
      const n = (counts.get(key) ?? 0) + 1
      counts.set(key, n)
      if (n === 1 || !EVERY_SHARD.has(step)) deps.note({ step, moment, n })
      if (point?.step !== step || point.moment !== moment || point.occurrence !== n) return
      deps.note({ step, moment: 'killed', n })
      deps.die()
      // The signal is on its way: nothing of this step happens any more.
      return new Promise(() => undefined)
    },
  }
}
