import type { Endings, EndReason, EnqueueDeps, HeldClaim, TaskTarget } from '../jobs/index.ts'
import { enqueue } from '../jobs/index.ts'
import {
  backoffMs,
  describeError,
  LeaseLostError,
  type Manifest,
  NewerSchemaError,
  type Outcome,
  type ReasonCode,
} from '../kernel/index.ts'
import type { Clock, JobStore, RequeueReason } from '../ports/index.ts'
import type { RunEnd, RunReport } from './run-claimed.ts'

export interface ConcludeDeps {
  readonly store: Pick<JobStore, 'read' | 'requeue' | 'snooze' | 'continueNext'>
  readonly endings: Endings
  /** Absent where the job's own process calls again (inline). */
  readonly enqueueing: EnqueueDeps | undefined
  readonly clock: Clock
  readonly random: () => number
  readonly maxFruitlessAttempts: number
  readonly retryBackoff: { readonly minMs: number; readonly maxMs: number }
  /** When recovery asks the queue about a job that went back to it. */
  readonly probeAfterMs: number
}

/** What became of the job after an attempt; dispatch turns it into the queue's language. */
export type Conclusion =
  | {
      readonly kind: 'ended'
      readonly outcome: Outcome
      readonly final: boolean
      readonly settled: boolean
      readonly isSlotWanted: boolean
    }
  | {
      readonly kind: 'snoozed' | 'continued'
      readonly generation: number
      readonly notBefore: number
    }
  | { readonly kind: 'requeued'; readonly error: string; readonly dueInMs: number }
  | { readonly kind: 'lease_lost' }

/** Ends, requeues, snoozes or continues the job as its attempt's end says. */
export async function conclude(
  deps: ConcludeDeps,
  held: HeldClaim,
  manifest: Manifest,
  report: RunReport,
  /** True when the queue will delete this generation's task if we fail it. */
  finalDelivery: boolean,
): Promise<Conclusion> {
  try {
    return await concludeEnd(deps, held, manifest, report, finalDelivery)
  } catch (error) {
    if (error instanceof LeaseLostError) return { kind: 'lease_lost' }
    throw error
  }
}

async function concludeEnd(
  deps: ConcludeDeps,
  held: HeldClaim,
  manifest: Manifest,
  report: RunReport,
  finalDelivery: boolean,
): Promise<Conclusion> {
  const { end } = report
  switch (end.kind) {
    case 'lease_lost':
      return { kind: 'lease_lost' }
    case 'done':
      return endJob(deps, held, manifest, doneReasonOf(end, report), false)
    case 'discard':
      return endJob(deps, held, manifest, endReasonOf(end), false)
    case 'snooze':
      return snooze(deps, held, manifest, end)
    case 'retry':
    case 'aborted':
      return retryLater(deps, held, manifest, report, finalDelivery)
  }
}

/** What an attempt that did all there was to do ends its job with. */
export function doneReasonOf(
  { stageMs }: Extract<RunEnd, { kind: 'done' }>,
  { marks }: RunReport,
): EndReason {
  return { stageMs, ...(marks ? { marks } : {}) }
}

/** What an attempt that is never made again ends its job with. */
export function endReasonOf({
  reasonCode,
  retryAfterAt,
}: Extract<RunEnd, { kind: 'discard' }>): EndReason {
  return { reasonCode, ...(retryAfterAt === undefined ? {} : { retryAfterAt }) }
}

/** Ends the job, then clears its staging; a clean-up that fails stays owed. */
export async function endJob(
  deps: Pick<ConcludeDeps, 'endings'>,
  held: HeldClaim,
  manifest: Manifest,
  why: EndReason,
  final: boolean,
): Promise<Conclusion> {
  const { outcome, isSettled, isSlotWanted } = await deps.endings.endHeld(held, manifest, why)
  return { kind: 'ended', outcome, final, settled: isSettled, isSlotWanted }
}

async function snooze(
  deps: ConcludeDeps,
  held: HeldClaim,
  manifest: Manifest,
  end: Extract<RunEnd, { kind: 'snooze' }>,
): Promise<Conclusion> {
  const answer = await deps.store.snooze(held.claim, {
    waitingFor: 'capacity',
    forMs: end.forMs,
    reasonCode: end.reasonCode,
  })
  if (answer.kind === 'lost') return { kind: 'lease_lost' }
  const notBefore = deps.clock.now() + end.forMs
  return {
    kind: 'snoozed',
    generation: await next(deps, manifest, answer.generation, notBefore),
    notBefore,
  }
}

/**
 * A failed attempt. The last word of a task is never a failure: at its final delivery, or when the
 * attempts without progress are spent, the job is landed or moves to the next generation (F42).
 */
async function retryLater(
  deps: ConcludeDeps,
  held: HeldClaim,
  manifest: Manifest,
  report: RunReport,
  finalDelivery: boolean,
): Promise<Conclusion> {
  const { why, fruitless, lastWord } = await judgeAttempt(deps, manifest, report)
  if (lastWord) return endJob(deps, held, manifest, lastWord, true)
  if (!finalDelivery) {
    const dueInMs = deps.probeAfterMs
    const answer = await deps.store.requeue(held.claim, { ...why, dueInMs })
    return answer === 'ok'
      ? { kind: 'requeued', error: why.lastError, dueInMs }
      : { kind: 'lease_lost' }
  }
  const dueInMs = backoffMs(fruitless, deps.retryBackoff, deps.random())
  const answer = await deps.store.continueNext(held.claim, { ...why, dueInMs })
  if (answer.kind === 'lost') return { kind: 'lease_lost' }
  const notBefore = deps.clock.now() + dueInMs
  return {
    kind: 'continued',
    generation: await next(deps, manifest, answer.generation, notBefore),
    notBefore,
  }
}

/** What a failed attempt counts as; `lastWord` once the attempts without progress are spent. */
export async function judgeAttempt(
  deps: {
    readonly store: Pick<JobStore, 'read'>
    readonly maxFruitlessAttempts: number
  },
  manifest: Manifest,
  report: RunReport,
): Promise<{
  readonly why: Pick<RequeueReason, 'lastError' | 'attemptSpent' | 'reasonCode'>
  readonly fruitless: number
  readonly lastWord: EndReason | undefined
}> {
  const { lastError, reasonCode, attemptSpent } = describeEnd(report.end)
  const record = await deps.store.read(manifest.jobId)
  const before = record?.fruitlessAttempts ?? 0
  // A mark whose reply was lost landed all the same: the store knows.
  const progressed = report.progressed || (record?.landedInAttempt ?? false)
  const fruitless = progressed ? 0 : before + (attemptSpent ? 1 : 0)
  const isSpent = fruitless >= deps.maxFruitlessAttempts
  return {
    why: { lastError, attemptSpent, ...(reasonCode ? { reasonCode } : {}) },
    fruitless,
    lastWord: isSpent ? { reasonCode: reasonCode ?? 'sync_attempts_exhausted' } : undefined,
  }
}

/** An enqueue that fails here is found by recovery: the due entry was written with the state. */
async function next(
  deps: ConcludeDeps,
  manifest: Manifest,
  generation: number,
  notBefore: number,
): Promise<number> {
  const target: TaskTarget = { ...manifest, generation }
  if (deps.enqueueing) await enqueue(deps.enqueueing, target, { notBefore })
  return generation
}

function describeEnd(end: RunEnd): {
  readonly lastError: string
  readonly reasonCode: ReasonCode | undefined
  readonly attemptSpent: boolean
} {
  if (end.kind === 'retry') {
    // A newer revision's plan says nothing against the job: the attempt is given back (F52).
    const attemptSpent = !(end.error instanceof NewerSchemaError)
    return { lastError: describeError(end.error), reasonCode: end.reasonCode, attemptSpent }
  }
  const cause = end.kind === 'aborted' ? end.cause : end.kind
  return {
    lastError: `the run was stopped: ${cause}`,
    reasonCode: cause === 'stalled' ? 'sync_worker_stalled' : undefined,
    attemptSpent: cause !== 'shutdown',
  }
}
