import type { Clock } from '../ports/index.ts'

/** What is measured: wall time of a file until it is cut, and of a segment; segments of a file. */
export type Measure = 'msPerFile' | 'msPerSegment' | 'segmentsPerFile'

/**
 * How fast the jobs of this process came along lately. Forgotten with it: an instance that has not
 * worked yet knows nothing, and says so.
 */
export interface Pace {
  /** `amount` in all, of so many units. */
  learn(measure: Measure, amount: number, units: number): void
  /** Of one unit; undefined while nothing was measured. */
  of(measure: Measure): number | undefined
}

/** Weight of all that is older, at each lesson: about the last twenty count. */
const DECAY = 0.95

export function createPace(): Pace {
  const sums = new Map<Measure, { readonly amount: number; readonly units: number }>()
  return {
    learn: (measure, amount, units) => {
      const { amount: oldAmount, units: oldUnits } = sums.get(measure) ?? { amount: 0, units: 0 }
      sums.set(measure, { amount: oldAmount * DECAY + amount, units: oldUnits * DECAY + units })
    },
    of: (measure) => {
      const sum = sums.get(measure)
      return sum && sum.units > 0 ? sum.amount / sum.units : undefined
    },
  }
}

/** Takes the time of one attempt. */
interface PaceOfRun {
  /** Every file is cut; segments begin. Told again, only the first counts for the files. */
  cut(segments: number): void
  /** So many segments were noted. */
  noted(segments: number): void
}

export function takePace(
  pace: Pick<Pace, 'learn'>,
  clock: Pick<Clock, 'monotonicMs'>,
  files: number,
): PaceOfRun {
  const startedMs = clock.monotonicMs()
  let sinceMs: number | undefined
  return {
    cut: (segments) => {
      const nowMs = clock.monotonicMs()
      if (sinceMs === undefined) {
        pace.learn('msPerFile', nowMs - startedMs, files)
        pace.learn('segmentsPerFile', segments, files)
      }
      sinceMs = nowMs
    },
    noted: (segments) => {
      if (sinceMs === undefined) return
      const nowMs = clock.monotonicMs()
      pace.learn('msPerSegment', nowMs - sinceMs, segments)
      sinceMs = nowMs
    },
  }
}
