import type { ReasonCode, UidHash, WaitingFor } from '../../kernel/index.ts'
import type {
  Claim,
  FlightNote,
  HolderResult,
  JobEvent,
  JobStore,
  KeepReason,
  KeepResult,
  NextGenerationResult,
  RequeueReason,
  SegmentMark,
  StageProgress,
  WokenJob,
} from '../../ports/index.ts'
import { fruitlessAfter } from './job-claims.ts'
import { type JobEntry, ledgerOf, type ReleaseOperation } from './job-entry.ts'
import type { JobShelf } from './job-shelf.ts'
import { isHeldBy, wasReleasedBy, worksUnder } from './job-standing.ts'

type HolderWrites = Pick<
  JobStore,
  'renew' | 'mark' | 'requeue' | 'snooze' | 'continueNext' | 'keep' | 'beginEnding' | 'wakeWaiter'
>
const NO_WAIT = { wait: undefined, reasonCode: undefined } as const
type Event = Omit<JobEvent, 'at'>
interface Change {
  readonly next: JobEntry
  readonly events: readonly Event[]
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
    const { next, events } = change(entry, shelf.now())
    shelf.put(next, ...events)
    return 'ok'
  }

  return {
    renew: async (claim) =>
      write(claim, isHeldBy, (entry) => ({
        next: { ...entry, leaseUntil: shelf.hold(entry, claim.leaseMs) },
        events: [],
      })),
    mark: async (claim, marks, { progress, flight } = {}) =>
      write(claim, worksUnder, (entry, now) => {
        const moved = progressed(inFlight(entry, flight), progress, now)
        const { next, events } = marked(moved.next, marks, now)
        return { next, events: [...moved.events, ...events] }
      }),
    wakeWaiter: async (claim, uidHash, dueInMs) => wake(shelf, claim.token, uidHash, dueInMs),
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

/** A stage was entered: a wait is over. */
function progressed(entry: JobEntry, progress: StageProgress | undefined, now: number): Change {
  if (!progress) return { next: entry, events: [] }
  const { stage } = progress
  const total = Math.max(progress.totalSegments ?? 0, entry.totalSegments)
  const moved = { stage, totalSegments: total, progressAt: now, updatedAt: now }
  const facts = { stage, total_segments: `${total}` }
  return { next: { ...entry, ...NO_WAIT, ...moved }, events: [{ name: 'stage', facts }] }
}

/** A mark once set never changes; only new ones are progress. */
function marked(entry: JobEntry, marks: readonly SegmentMark[], now: number): Change {
  const ledger = new Map(entry.marks)
  const told: string[] = []
  let landed = entry.landedInAttempt
  for (const mark of marks) {
    const { segmentId, verdict, reasonCode } = mark
    if (ledger.has(segmentId)) continue
    ledger.set(segmentId, { ...mark })
    landed ||= verdict !== 'failed'
    told.push(`${segmentId}=${verdict.charAt(0)}${reasonCode ? `:${reasonCode}` : ''}`)
  }
  if (told.length === 0) return { next: entry, events: [] }
  return {
    next: { ...entry, marks: ledger, updatedAt: now, progressAt: now, landedInAttempt: landed },
    events: [{ name: 'segments', facts: { marks: told.join(' ') } }],
  }
}

function inFlight(entry: JobEntry, note: FlightNote | undefined): JobEntry {
  if (!note) return entry
  const suspects = new Map(entry.suspects)
  for (const unit of note.acquitted) suspects.delete(unit)
  return { ...entry, suspects, flight: { epoch: entry.epoch, note } }
}

/** The oldest waiter is called now; a waker that asks again is answered the same. */
function wake(
  shelf: JobShelf,
  waker: string,
  uidHash: UidHash,
  dueInMs: number,
): WokenJob | undefined {
  const now = shelf.now()
  const waiters = shelf.waiters(uidHash).flatMap((jobId) => shelf.find(jobId) ?? [])
  const isAsleep = ({ status, wait }: JobEntry) =>
    status === 'queued' && wait?.waitingFor === 'capacity' && wait.retryAt > now
  const woken = waiters.find((entry) => entry.wokenBy === waker || isAsleep(entry))
  if (!woken) return undefined
  const { jobId, lane } = woken.job
  if (woken.wokenBy === waker) return { jobId, lane, generation: woken.generation }
  const generation = woken.generation + 1
  shelf.lookAgainAt(jobId, now + dueInMs)
  shelf.put(
    {
      ...woken,
      ...{ generation, updatedAt: now, epoch: woken.epoch + 1, wokenBy: waker },
      released: undefined,
      wait: woken.wait && { ...woken.wait, retryAt: now },
    },
    { name: 'woken', facts: { generation: `${generation}` } },
  )
  return { jobId, lane, generation }
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
    ledger: ledgerOf(entry),
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
