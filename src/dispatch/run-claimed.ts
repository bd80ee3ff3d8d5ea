import { type HeldClaim, type Pace, takePace } from '../jobs/index.ts'
import {
  type AbortCause,
  LeaseLostError,
  type Manifest,
  RunAbortedError,
  type SegmentId,
} from '../kernel/index.ts'
import {
  type AttemptContext,
  type AttemptOutcome,
  type PipelineDeps,
  runAttempt,
} from '../pipeline/index.ts'
import type { Claim, Clock, JobStore, Ledger, SegmentMark, Timer } from '../ports/index.ts'
import type { Events, SpanFacts } from '../telemetry/index.ts'
import { createRunNotes, type RunNotes } from './run-notes.ts'
import { inTurn, type Turns } from './turns.ts'

export interface RunTimes {
  /** The pipeline's own end of time, below the request's hard abort. */
  readonly budgetMs: number
  /** Without a segment or stage event for this long the run stops itself (F37). */
  readonly stallMs: number
}

export interface RunDeps {
  readonly store: Pick<JobStore, 'mark'>
  readonly pipeline: PipelineDeps
  readonly clock: Clock
  readonly times: RunTimes
  /** Learns how fast this process comes along. */
  readonly pace: Pace
  /** Of this process, shared by all its runs. */
  readonly turns: Turns
}

export type RunEnd =
  | AttemptOutcome
  | { readonly kind: 'lease_lost' }
  | { readonly kind: 'aborted'; readonly cause: AbortCause }

export interface RunReport {
  readonly end: RunEnd
  /** A segment landed or was judged silent in this attempt. */
  readonly progressed: boolean
  readonly ms: number
  /** The job's marks, where the run heard the answer to every one it made. */
  readonly marks?: ReadonlyMap<SegmentId, SegmentMark>
}

/** Runs one attempt under a held claim. Returns how it ended; releases and finalizes nothing. */
export async function runClaimed(
  deps: RunDeps,
  held: HeldClaim,
  manifest: Manifest,
  /** As the claim was granted; nobody else writes it while the claim is held. */
  ledger: Ledger,
  /** Shutdown or the request's hard abort; its reason is a RunAbortedError. */
  stop: AbortSignal,
): Promise<RunReport> {
  const startedMs = deps.clock.monotonicMs()
  const ms = () => Math.round(deps.clock.monotonicMs() - startedMs)
  const watch = watchRun(deps.clock, deps.times)
  const signal = AbortSignal.any([held.signal, stop, watch.signal])
  const pace = takePace(deps.pace, deps.clock, manifest.files.length)
  let progressed = false
  const marks = new Map(ledger.marks)
  const notes = createRunNotes({
    ...{ store: deps.store, clock: deps.clock, held, suspects: ledger.suspects },
    onMark: (mark) => {
      marks.set(mark.segmentId, mark)
      progressed ||= mark.verdict !== 'failed'
      watch.progressed()
      pace.noted(1)
    },
    onProgress: ({ stage, totalSegments = 0 }) => {
      watch.progressed()
      if (stage === 'transcribing') pace.cut(totalSegments)
    },
  })
  try {
    const inFlight: RunNotes['inFlight'] = (unit, work) => {
      const isAlone = ledger.suspects.has(unit)
      const turn = { isAlone, signal, onWaited: watch.progressed }
      return inTurn(deps.turns, turn, () => notes.inFlight(unit, work))
    }
    const context = contextOf(held, manifest, { signal, marks, notes: { ...notes, inFlight } })
    const end = await runAttempt(deps.pipeline, context)
    return { end, progressed, ms: ms(), ...(end.kind === 'done' ? { marks } : {}) }
  } catch (error) {
    const end = endOfAbort(signal.aborted ? signal.reason : error)
    if (!end) throw error
    return { end, progressed, ms: ms() }
  } finally {
    await notes.close()
    watch.stop()
  }
}

function contextOf(
  held: HeldClaim,
  manifest: Manifest,
  run: {
    readonly signal: AbortSignal
    readonly marks: ReadonlyMap<SegmentId, SegmentMark>
    readonly notes: RunNotes
  },
): AttemptContext {
  return {
    ...run.notes,
    manifest,
    signal: run.signal,
    attempt: held.claim.attempt,
    trusted: () => held.trusted(),
    alreadyLanded: (segmentId) => run.marks.has(segmentId),
    notedBefore: run.marks.size,
  }
}

/** The end that an abort's reason stands for; undefined for any other error. */
export function endOfAbort(reason: unknown): RunEnd | undefined {
  if (reason instanceof LeaseLostError) return { kind: 'lease_lost' }
  if (reason instanceof RunAbortedError) return { kind: 'aborted', cause: reason.abortCause }
  return undefined
}

interface RunWatch {
  readonly signal: AbortSignal
  progressed(): void
  stop(): void
}

function watchRun(clock: Clock, times: RunTimes): RunWatch {
  const controller = new AbortController()
  const startedMs = clock.monotonicMs()
  let progressMs = startedMs
  const look = () => {
    const nowMs = clock.monotonicMs()
    const budgetLeft = startedMs + times.budgetMs - nowMs
    const stallLeft = progressMs + times.stallMs - nowMs
    if (budgetLeft <= 0) controller.abort(new RunAbortedError('budget'))
    else if (stallLeft <= 0) controller.abort(new RunAbortedError('stalled'))
    else next = clock.after(Math.min(budgetLeft, stallLeft), look)
  }
  let next: Timer | undefined
  look()
  return {
    signal: controller.signal,
    progressed: () => {
      progressMs = clock.monotonicMs()
    },
    stop: () => next?.cancel(),
  }
}

/** One word: `done`, `retry`, `stalled`, … */
function outcomeOf(end: RunEnd): string {
  return end.kind === 'aborted' ? end.cause : end.kind
}

/** What the attempt's span says of its end. */
export function spanFactsOf(end: RunEnd): SpanFacts {
  return { outcome: outcomeOf(end), ...('reasonCode' in end && { reasonCode: end.reasonCode }) }
}

/** One line an attempt, with why it failed. */
export function noteAttempt(
  events: Pick<Events, 'attemptEnded'>,
  claim: Pick<Claim, 'jobId' | 'attempt'>,
  report: RunReport,
): void {
  const { end, ms } = report
  events.attemptEnded({
    jobId: claim.jobId,
    attempt: claim.attempt,
    ms,
    outcome: outcomeOf(end),
    ...(end.kind === 'done' ? { stageMs: end.stageMs } : {}),
    ...(end.kind === 'retry' ? { error: end.error, reasonCode: end.reasonCode } : {}),
    ...(end.kind === 'discard' ? { error: end.detail, reasonCode: end.reasonCode } : {}),
  })
}
