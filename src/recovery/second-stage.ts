import { STAGING_PARTS } from '../kernel/index.ts'
import type { JobStore } from '../ports/index.ts'
import type { Events } from '../telemetry/index.ts'
import { type Lost, needOf, SPOILED, whereToGoOn } from './sweep-walk.ts'
import type { Pass } from './tally.ts'

type Counts = Readonly<Record<string, number>>

/** The summaries of conversations, which have orphans of their own. */
export interface SecondStage {
  /** One look at all work that is due. */
  recover(signal: AbortSignal): Promise<Counts>
  /** One page of the walk that finds the work which a wiped store forgot. */
  sweep(page: {
    readonly startAfter: string | undefined
    readonly limit: number
    readonly signal: AbortSignal
  }): Promise<{ readonly counts: Counts; readonly cursor: string | undefined }>
}

/** What was done for summaries in one pass. */
export interface SecondStageCounts {
  readonly due: Counts
  /** Absent while no walk was due. */
  readonly swept?: Counts
}

export interface SecondStageDeps {
  /** Absent where there is none. */
  readonly enrichment?: SecondStage | undefined
  readonly store: Pick<JobStore, 'beginSweep' | 'endSweep'>
  readonly events: Events
  readonly passLeaseMs: number
  readonly manifestSweepIntervalMs: number
  /** What was announced for summaries, looked at in one pass. */
  readonly sweepPageObjects: number
}

/** Beside the parts of the staged objects: its walk has a lease and a cursor like theirs. */
const SUMMARIES_PART = STAGING_PARTS

/** A failure here is counted and met again: what jobs need was done before. */
export async function recoverSecondStage(
  deps: SecondStageDeps,
  pass: Pass,
  lost: Lost,
): Promise<SecondStageCounts | undefined> {
  const { enrichment } = deps
  if (!enrichment) return undefined
  try {
    const due = await enrichment.recover(pass.signal)
    const swept = await sweepSummaries(deps, enrichment, pass, lost)
    return { due, ...(swept ? { swept } : {}) }
  } catch (error) {
    pass.signal.throwIfAborted()
    pass.tally.count('failed')
    deps.events.unexpectedError({ where: 'enrichment recovery', error })
    return undefined
  }
}

/** A page of the walk: at once after a loss was seen, else as often as the staged objects are walked. */
async function sweepSummaries(
  deps: SecondStageDeps,
  enrichment: SecondStage,
  { token, signal }: Pass,
  lost: Lost,
): Promise<Counts | undefined> {
  const { store, passLeaseMs: leaseMs, manifestSweepIntervalMs: againMs } = deps
  const need = { token, leaseMs, ...needOf(lost, againMs) }
  const walk = await store.beginSweep(SUMMARIES_PART, need)
  if (walk.kind !== 'taken') return undefined
  const { beganAt, startAfter } = whereToGoOn(walk, lost)
  const limit = deps.sweepPageObjects
  const { counts, cursor } = await enrichment.sweep({ startAfter, limit, signal })
  const isSpoiled = (counts['failed'] ?? 0) > 0
  await store.endSweep(SUMMARIES_PART, token, { beganAt: isSpoiled ? SPOILED : beganAt, cursor })
  return counts
}
