import type { ReasonCode, WaitingFor } from '../../kernel/index.ts'
import type {
  Claim,
  HolderResult,
  JobEvent,
  JobStore,
  KeepReason,
  KeepResult,
  NextGenerationResult,
  RequeueReason,
  SegmentMark,
} from '../../ports/index.ts'
import { fruitlessAfter } from './job-claims.ts'
import type { JobEntry, ReleaseOperation } from './job-entry.ts'
import type { JobShelf } from './job-shelf.ts'
import { isHeldBy, wasReleasedBy, worksUnder } from './job-standing.ts'

type HolderWrites = Pick<
  JobStore,
  'renew' | 'advance' | 'mark' | 'requeue' | 'snooze' | 'continueNext' | 'keep' | 'beginEnding'
>
const NO_WAIT = { wait: undefined, reasonCode: undefined } as const
type Event = Omit<JobEvent, 'at'>
interface Change {
  readonly next: JobEntry
  readonly events?: readonly Event[]
}

/** Writes that name the claim's token; equality is demanded. */
export function createJobHolderWrites(shelf: JobShelf): HolderWrites {
  const write = (
    claim: Claim,
    may: typeof isHeldBy,
    change: (entry: JobEntry, now: number) => Change,
  ): HolderResult => {
    const entry = shelf.find(claim.jobId)
    if (!entry || !may(entry, claim.token)) return 'lost'
    const { next, events = [] } = change(entry, shelf.now())
    shelf.put({ ...next, leaseUntil: shelf.hold(entry, claim.leaseMs) }, ...events)
    return 'ok'
  }

  return {
    renew: async (claim) => write(claim, isHeldBy, (entry) => ({ next: entry })),
    advance: async (claim, { stage, totalSegments }) =>
      write(claim, worksUnder, (entry, now) => {
        const total = totalSegments ?? entry.totalSegments
        const next: JobEntry = {
          ...{ ...entry, ...NO_WAIT, stage, totalSegments: total },
          ...{ progressAt: now, updatedAt: now },
        }
        return { next, events: [{ name: 'stage', facts: { stage, total_segments: `${total}` } }] }
      }),
    mark: async (claim, marks) =>
      write(claim, worksUnder, (entry, now) => marked(entry, marks, now)),
    beginEnding: async (claim, outcome) => {
      const frozen = JSON.stringify(outcome)
      const entry = shelf.find(claim.jobId)
      if (entry && isHeldBy(entry, claim.token) && entry.outcome !== undefined) {
        return entry.outcome === frozen ? 'ok' : 'lost'
      }
      return write(claim, worksUnder, (held, now) => ({
        next: {
          ...{ ...held, ...NO_WAIT, outcome: frozen, stage: 'finalizing' },
          ...{ progressAt: now, updatedAt: now },
        },
        events: [{ name: 'ending', facts: {} }],
      }))
    },
    requeue: async (claim, why) =>
      release(shelf, claim, retry('requeue', why)).kind === 'queued' ? 'ok' : 'lost',
    continueNext: async (claim, why) => release(shelf, claim, retry('continue', why)),
    snooze: async (claim, why) =>
      release(shelf, claim, {
        operation: 'snooze',
        attemptSpent: false,
        waitingFor: why.waitingFor,
        dueInMs: why.forMs,
        reasonCode: why.reasonCode,
        lastError: undefined,
      }),
    keep: async (claim, why) => keep(shelf, claim, why),
  }
}

/** A mark once set never changes; only new ones are progress. */
function marked(entry: JobEntry, marks: readonly SegmentMark[], now: number): Change {
  const ledger = new Map(entry.marks)
  const events: Event[] = []
  let landed = entry.landedInAttempt
  for (const mark of marks) {
    const { segmentId, verdict, reasonCode } = mark
    if (ledger.has(segmentId)) continue
    ledger.set(segmentId, { ...mark })
    landed ||= verdict !== 'failed'
    const code = verdict.charAt(0) + (reasonCode ? `:${reasonCode}` : '')
    events.push({ name: 'segment', facts: { segment: segmentId, mark: code } })
  }
  const progressAt = events.length > 0 ? now : entry.progressAt
  const next = { ...entry, marks: ledger, updatedAt: now, progressAt, landedInAttempt: landed }
  return { next, events }
}

interface Release {
  readonly operation: ReleaseOperation
  readonly attemptSpent: boolean
  readonly waitingFor: WaitingFor
  readonly dueInMs: number
  readonly reasonCode: ReasonCode | undefined
  readonly lastError: string | undefined
}

function retry(operation: 'requeue' | 'continue', why: RequeueReason): Release {
  const { attemptSpent, dueInMs, reasonCode, lastError } = why
  return { operation, attemptSpent, waitingFor: 'retry', dueInMs, reasonCode, lastError }
}

/** The attempt is over, its holder stays; a resend finds the epoch raised by one. */
function keep(shelf: JobShelf, claim: Claim, why: KeepReason): KeepResult {
  const entry = shelf.find(claim.jobId)
  if (!entry || !worksUnder(entry, claim.token)) return { kind: 'lost' }
  const kept = ({ epoch, attempt }: JobEntry): KeepResult => ({
    kind: 'kept',
    claim: { ...claim, epoch, attempt },
  })
  if (entry.epoch === claim.epoch + 1) return kept(entry)
  if (entry.epoch !== claim.epoch) return { kind: 'lost' }
  const now = shelf.now()
  const counted = why.attemptSpent || entry.landedInAttempt
  const next: JobEntry = {
    ...entry,
    updatedAt: now,
    epoch: entry.epoch + 1,
    attempt: entry.attempt + (why.attemptSpent ? 1 : 0),
    fruitlessAttempts: counted ? fruitlessAfter(entry) : entry.fruitlessAttempts,
    landedInAttempt: false,
    leaseUntil: shelf.hold(entry, claim.leaseMs),
    wait: { waitingFor: why.waitingFor, waitingSince: now, retryAt: now + why.dueInMs },
    reasonCode: why.reasonCode,
    lastError: why.lastError || entry.lastError,
  }
  shelf.put(next, {
    name: 'kept',
    facts: {
      attempt: `${next.attempt}`,
      reason: why.reasonCode ?? '',
      waiting_for: why.waitingFor,
    },
  })
  return kept(next)
}

/** The holder gives the job back unfinished. */
function release(shelf: JobShelf, claim: Claim, by: Release): NextGenerationResult {
  const entry = shelf.find(claim.jobId)
  if (entry && wasReleasedBy(entry, claim.token, by.operation)) {
    return { kind: 'queued', generation: entry.generation }
  }
  if (!entry || !worksUnder(entry, claim.token)) return { kind: 'lost' }
  const now = shelf.now()
  const retryAt = now + by.dueInMs
  const generation = entry.generation + (by.operation === 'requeue' ? 0 : 1)
  const counted = by.attemptSpent || entry.landedInAttempt
  shelf.lookAgainAt(claim.jobId, retryAt)
  shelf.releaseSlot(entry)
  shelf.put(
    {
      ...entry,
      status: 'queued',
      updatedAt: now,
      epoch: entry.epoch + 1,
      generation,
      token: undefined,
      released: { token: claim.token, operation: by.operation },
      wait: { waitingFor: by.waitingFor, waitingSince: now, retryAt },
      reasonCode: by.reasonCode,
      lastError: by.lastError || entry.lastError,
      attempt: entry.attempt - (by.attemptSpent ? 0 : 1),
      fruitlessAttempts: counted ? fruitlessAfter(entry) : entry.fruitlessAttempts,
    },
    {
      name: by.operation,
      facts: {
        generation: `${generation}`,
        reason: by.reasonCode ?? '',
        waiting_for: by.waitingFor,
      },
    },
  )
  return { kind: 'queued', generation }
}
