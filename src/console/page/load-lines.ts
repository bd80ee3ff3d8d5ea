import type { LoadSample } from './answers.ts'

/** Seconds of the epoch, then a line each; null breaks a line. */
export interface LoadLines {
  readonly seconds: number[]
  readonly waiting: (number | null)[]
  readonly running: (number | null)[]
  readonly oldestMinutes: (number | null)[]
}

/** Passes come every minute: without two of them nothing is known in between. */
const GAP_MS = 150_000

/** What the server kept, then what the page saw; each instant once, in order, and no older than asked. */
export function mergeSamples(
  known: readonly LoadSample[],
  more: readonly LoadSample[],
  sinceAt: number,
): LoadSample[] {
  const byInstant = new Map([...known, ...more].map((sample) => [sample.at, sample]))
  return [...byInstant.values()].filter(({ at }) => at >= sinceAt).sort((a, b) => a.at - b.at)
}

/** Lines for a plot; where nobody looked, they break instead of pretending. */
export function toLines(samples: readonly LoadSample[]): LoadLines {
  const lines: LoadLines = { seconds: [], waiting: [], running: [], oldestMinutes: [] }
  let last: number | undefined
  for (const { at, waiting, running, oldestLiveAt } of samples) {
    if (last !== undefined && at - last > GAP_MS) push(lines, last + 1_000)
    const oldest = oldestLiveAt === undefined ? 0 : Math.max(0, at - oldestLiveAt) / 60_000
    push(lines, at, { waiting, running, oldest })
    last = at
  }
  return lines
}

function push(
  lines: LoadLines,
  at: number,
  values?: { readonly waiting: number; readonly running: number; readonly oldest: number },
): void {
  lines.seconds.push(at / 1_000)
  lines.waiting.push(values?.waiting ?? null)
  lines.running.push(values?.running ?? null)
  lines.oldestMinutes.push(values?.oldest ?? null)
}
