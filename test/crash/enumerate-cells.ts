import type { CrashPoint, StepLine } from './orders.ts'

export interface EnumerateOptions {
  /** Only these steps. */
  readonly steps?: readonly string[]
  /** Only what lies between the first `from` and the last `to`. */
  readonly from?: string
  readonly to?: string
  /** The recovery pass's own steps are the path, not beside it. */
  readonly isRecovery?: boolean
  /** First and last only. */
  readonly isBrief?: boolean
}

/** A place to die at, and how often the step is met in all. */
export interface StepClass extends CrashPoint {
  readonly of: number
}

/** What every recovery pass does, whatever becomes of one job. */
const PASS_STEPS = [
  ...['script.begin-pass', 'script.due', 'script.stalled', 'script.end-pass'],
  ...['script.begin-sweep', 'script.end-sweep', 'script.confirm-shard', 'script.keep-due'],
]
const RECOVERY_STEPS = new Set([...PASS_STEPS, 'script.read', 'script.postpone'])
/** Done by the clock: how often differs from run to run, and one is as good as another. */
const TIMED_STEPS = new Set([...PASS_STEPS, 'script.renew'])

/**
 * The places to die at: of every step and moment that was seen in each recording its first, second
 * and last occurrence, in the order of the first recording. A step that failed has no after. A
 * recovery pass may run beside the path or not: its steps are left out unless they are the path.
 */
export function enumerateSteps(
  recordings: readonly (readonly StepLine[])[],
  options: EnumerateOptions = {},
): StepClass[] {
  const [first, ...others] = recordings.map((lines) => occurrences(lines, options))
  if (first === undefined) return []
  return [...first].flatMap(([key, { step, moment, seen }]) => {
    const inAll = seen.filter((n) => others.every((other) => other.get(key)?.seen.includes(n)))
    const last = inAll.at(-1)
    if (last === undefined) return []
    const isTimed = TIMED_STEPS.has(step)
    const early = inAll.slice(0, options.isBrief || isTimed ? 1 : 2)
    const wanted = isTimed ? early : [...early, last]
    return [...new Set(wanted)].map((occurrence) => ({ step, moment, occurrence, of: last }))
  })
}

/** What two runs of one path have in common: every step of it, and how often it came. */
export function pathOf(lines: readonly StepLine[], options: EnumerateOptions = {}): string {
  return [...occurrences(lines, options)]
    .filter(([, { step }]) => !TIMED_STEPS.has(step) && !RECOVERY_STEPS.has(step))
    .map(([key, { seen }]) => `${key} ${seen.length}`)
    .sort()
    .join(', ')
}

interface Seen extends Pick<CrashPoint, 'step' | 'moment'> {
  readonly seen: number[]
}

function occurrences(
  lines: readonly StepLine[],
  { from, to, steps, isRecovery }: EnumerateOptions,
): Map<string, Seen> {
  const start = from === undefined ? 0 : lines.findIndex((line) => line.step === from)
  const end = to === undefined ? lines.length : lines.findLastIndex((l) => l.step === to) + 1
  const found = new Map<string, Seen>()
  for (const { step, moment, n } of start < 0 ? [] : lines.slice(start, end)) {
    if (moment !== 'before' && moment !== 'after') continue
    if (steps && !steps.includes(step)) continue
    if (!isRecovery && step !== from && RECOVERY_STEPS.has(step)) continue
    const key = `${step} ${moment}`
    const known = found.get(key)
    if (known === undefined) found.set(key, { step, moment, seen: [n] })
    else known.seen.push(n)
  }
  return found
}
