import { SCHEMA_VERSION, shardOfJob } from '../../kernel/index.ts'
import type { Claim, ClaimRequest, ClaimResult, JobStore } from '../../ports/index.ts'
import { type JobEntry, ledgerOf, newEntry } from './job-entry.ts'
import type { JobShelf } from './job-shelf.ts'
import { isEnded, isHeldBy, wasReleasedBy } from './job-standing.ts'

/** How a job comes to be, and how a delivery takes it. Bodies are synchronous: each is one step. */
export function createJobClaims(shelf: JobShelf): Pick<JobStore, 'create' | 'bindKey' | 'claim'> {
  return {
    create: async (job) => {
      const known = shelf.find(job.jobId)
      if (known) {
        const holds = job.claim !== undefined && isHeldBy(known, job.claim.token)
        return {
          kind: 'created',
          ...(holds && job.claim ? { claim: claimOf(known, job.claim) } : {}),
        }
      }
      const kept = job.key && shelf.keyHolder(shardOfJob(job.jobId), job.key.keyId)
      if (kept && kept.contentId !== job.contentId) return { kind: 'reused' }
      const holder = shelf.contentHolder(job.uid, job.contentId)
      if (holder && holder !== job.jobId && holder !== job.voidHolder) {
        return { kind: 'held', jobId: holder }
      }
      shelf.holdContent(job.uid, job.contentId, job.jobId, Number.POSITIVE_INFINITY)
      if (job.key) shelf.bindKey(shardOfJob(job.jobId), job.key, job)
      const now = shelf.now()
      const queued = newEntry(job, now)
      const { claim } = job
      const entry: JobEntry = claim
        ? {
            ...queued,
            status: 'processing',
            token: claim.token,
            attempt: 1,
            claimedGeneration: 0,
            startedAt: now,
            leaseUntil: shelf.hold(queued, claim.leaseMs),
          }
        : queued
      if (!claim) shelf.lookAgainAt(job.jobId, now + job.dueInMs)
      const facts = { lane: job.lane, mode: job.dispatchMode }
      const from = job.rebuiltFrom
      shelf.put(
        entry,
        from ? { name: 'rebuilt', facts: { from, ...facts } } : { name: 'created', facts },
      )
      return { kind: 'created', ...(claim ? { claim: claimOf(entry, claim) } : {}) }
    },
    bindKey: async (key, holder) =>
      shelf.bindKey(shardOfJob(holder.jobId), key, holder) ? 'bound' : 'reused',
    claim: async (request) => {
      const entry = shelf.find(request.jobId)
      if (!entry) return { kind: 'missing' }
      return refusal(shelf, entry, request) ?? grant(shelf, entry, request)
    },
  }
}

function refusal(shelf: JobShelf, entry: JobEntry, request: ClaimRequest): ClaimResult | undefined {
  const { generation } = entry
  const { schemaVersion: version } = entry.job
  if (version > SCHEMA_VERSION) return { kind: 'newer_schema', version }
  if (isEnded(entry)) return { kind: 'terminal' }
  if (isHeldBy(entry, request.token) && entry.outcome === undefined) return undefined
  if (wasReleasedBy(entry, request.token, 'no_slot') && entry.wait) {
    return { kind: 'no_slot', generation, retryAt: entry.wait.retryAt }
  }
  if (request.generation < generation) return { kind: 'stale_generation', generation }
  if (entry.status === 'processing' && entry.leaseUntil > shelf.now()) {
    return { kind: 'locked', leaseUntil: entry.leaseUntil }
  }
  return entry.outcome === undefined ? undefined : { kind: 'ending' }
}

function grant(shelf: JobShelf, entry: JobEntry, request: ClaimRequest): ClaimResult {
  const now = shelf.now()
  if (isHeldBy(entry, request.token)) {
    const held = { ...entry, updatedAt: now, leaseUntil: shelf.hold(entry, request.leaseMs) }
    shelf.put(held)
    return { kind: 'claimed', claim: claimOf(held, request), ledger: ledgerOf(held) }
  }
  const died = entry.status === 'processing'
  const clock = runningClock(entry, now)
  const lived: JobEntry = {
    ...(died ? suspected(entry) : entry),
    updatedAt: now,
    generation: request.generation,
    epoch: entry.epoch + 1,
    fruitlessAttempts: died ? fruitlessAfter(entry) : entry.fruitlessAttempts,
    landedInAttempt: false,
    reasonCode: undefined,
  }
  if (!shelf.hasSlot(entry, request.userSlots)) {
    // Whose waiting goes on has all of it counted when it ends.
    const waitsOn = entry.wait?.waitingFor === 'capacity'
    return putOff(shelf, waitsOn ? lived : { ...lived, ...clock }, request)
  }

  shelf.awaitSlotNoMore(entry)
  const held: JobEntry = {
    ...lived,
    status: 'processing',
    token: request.token,
    claimedGeneration: Math.max(request.generation, entry.claimedGeneration),
    attempt: entry.attempt + 1,
    startedAt: clock.startedAt ?? now,
    progressAt: clock.progressAt,
    leaseUntil: shelf.hold({ ...entry, ...clock }, request.leaseMs),
    wait: undefined,
    wokenBy: undefined,
  }
  shelf.put(held, {
    name: 'claimed',
    facts: {
      epoch: `${held.epoch}`,
      generation: `${held.generation}`,
      attempt: `${held.attempt}`,
      after_death: died ? '1' : '0',
    },
  })
  return { kind: 'claimed', claim: claimOf(held, request), ledger: ledgerOf(held) }
}

/** The clock of running stands still while a job waits: both instants move on with the wait. */
function runningClock(entry: JobEntry, now: number): Pick<JobEntry, 'startedAt' | 'progressAt'> {
  if (entry.startedAt === undefined) return { startedAt: undefined, progressAt: now }
  const waitingSince = entry.wait?.waitingSince ?? entry.updatedAt
  const since = entry.status === 'processing' ? entry.leaseUntil : waitingSince
  const idleMs = Math.max(0, now - since)
  // A mark may come after its lease has lapsed: progress is never in the future.
  const progressAt = Math.min(now, entry.progressAt + idleMs)
  return { startedAt: entry.startedAt + idleMs, progressAt }
}

/** No slot is free: the job waits under the next generation, and gives no attempt for it. */
function putOff(shelf: JobShelf, entry: JobEntry, request: ClaimRequest): ClaimResult {
  const now = shelf.now()
  const retryAt = now + request.slotSnoozeMs
  const generation = entry.generation + 1
  const since = entry.wait?.waitingFor === 'capacity' ? entry.wait.waitingSince : now
  shelf.awaitSlot(entry)
  shelf.lookAgainAt(request.jobId, retryAt)
  shelf.put(
    {
      ...entry,
      status: 'queued',
      token: undefined,
      generation,
      wait: { waitingFor: 'capacity', waitingSince: since, retryAt },
      released: { token: request.token, operation: 'no_slot' },
    },
    { name: 'snoozed', facts: { waiting_for: 'capacity', generation: `${generation}` } },
  )
  return { kind: 'no_slot', generation, retryAt }
}

/** What an attempt that ended without a word leaves behind. */
export function fruitlessAfter(entry: JobEntry): number {
  return entry.landedInAttempt ? 0 : entry.fruitlessAttempts + 1
}

/** The holder died: what it had in flight is suspect, and what it ran alone has died once more. */
export function suspected(entry: JobEntry): JobEntry {
  const { flight } = entry
  if (flight?.epoch !== entry.epoch) return entry
  const suspects = new Map(entry.suspects)
  for (const unit of flight.note.units) {
    suspects.set(unit, (suspects.get(unit) ?? 0) + (flight.note.alone ? 1 : 0))
  }
  return { ...entry, suspects, flight: undefined }
}

function claimOf(entry: JobEntry, held: { token: string; leaseMs: number }): Claim {
  const { epoch, generation, attempt } = entry
  const { token, leaseMs } = held
  return { jobId: entry.job.jobId, token, epoch, generation, attempt, leaseMs }
}
