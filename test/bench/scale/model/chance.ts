import { seededRandom } from '../../../support/audio.ts'

/** Draws of one seed: the same seed gives the same story. */
export interface Chance {
  /** From 0 up to 1. */
  share(): number
  exponential(mean: number): number
  /** Around the median; `spread` 0.3 leaves most within a third, 0.8 within a factor of two. */
  around(median: number, spread: number): number
  below(count: number): number
}

export function createChance(seed: number): Chance {
  const random = seededRandom(seed)
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  return {
    share: random,
    exponential: (mean) => -mean * Math.log(1 - random()),
    around: (median, spread) => median * Math.exp(spread * normal()),
    below: (count) => Math.floor(random() * count),
  }
}
