import {
  type ConversationId,
  contentClaimAfter,
  conversationsOf,
  type EnrichmentNote,
  failureSignature,
  type JobId,
  type Outcome,
  owesEnrichment,
  type RepeatFailureLimits,
} from '../../kernel/index.ts'
import type { FinalizeResult, JobStore, OverrideResult, Seen } from '../../ports/index.ts'
import { fruitlessAfter, suspected } from './job-claims.ts'
import type { JobEntry } from './job-entry.ts'
import type { JobShelf } from './job-shelf.ts'
import { isEnded } from './job-standing.ts'

type OverrideWrites = Pick<
  JobStore,
  'finalize' | 'settle' | 'noteEnrichment' | 'overrideEnding' | 'overrideGeneration'
>

/** A terminal job that still owes its clean-up is looked at again after this. */
const OWED_CLEANUP_DUE_MS = 30_000

/** Writes of those who hold no claim: they compare what was seen, or repeat what is durable. */
export function createJobOverrideWrites(
  shelf: JobShelf,
  settings: {
    readonly terminalRetentionMs: number
    readonly outcomeRetentionMs: number
    readonly repeatFailures?: RepeatFailureLimits
    readonly enriches?: boolean
  },
): OverrideWrites {
  const contentHoldMs = {
    kept: settings.outcomeRetentionMs,
    paused: settings.terminalRetentionMs,
    lifted: 0,
  }

  const override = (
    jobId: JobId,
    seen: Seen,
    by: {
      readonly operation: string
      readonly dueInMs: number
      readonly reason: string
      change(entry: JobEntry): Partial<JobEntry>
    },
  ): OverrideResult => {
    const entry = shelf.find(jobId)
    if (!entry) return { kind: 'missing' }
    if (!looksAs(entry, seen)) return { kind: 'raced' }
    const now = shelf.now()
    const fenced = { ...entry, epoch: entry.epoch + 1, token: undefined, released: undefined }
    const next: JobEntry = { ...fenced, updatedAt: now, ...by.change(entry) }
    shelf.lookAgainAt(jobId, now + by.dueInMs)
    if (entry.status === 'processing') shelf.releaseSlot(entry)
    const { generation, status: to } = next
    const facts = { operation: by.operation, from: entry.status, to, generation: `${generation}` }
    const { reason } = by
    shelf.put(next, { name: 'override', facts: { ...facts, reason } })
    return { kind: 'done', generation }
  }

  return {
    overrideEnding: async (jobId, seen, outcome) =>
      override(jobId, seen, {
        operation: 'ending',
        dueInMs: 0,
        reason: outcome.reasonCode ?? '',
        change: (entry) => {
          shelf.awaitSlotNoMore(entry)
          return frozen(outcome)
        },
      }),
    overrideGeneration: async (jobId, seen, { revival, dueInMs, reason = '' }) =>
      override(jobId, seen, {
        operation: 'generation',
        dueInMs,
        reason,
        change: (entry) => nextGeneration(entry, revival, shelf.now()),
      }),
    finalize: async (jobId, outcome, { isSettled = false } = {}) =>
      finalizeJob(shelf, jobId, outcome, { ...settings, contentHoldMs, isSettled }),
    noteEnrichment: async (jobId, notes) => {
      const entry = shelf.find(jobId)
      if (entry && isEnded(entry)) shelf.put({ ...entry, notes: noted(entry, notes) })
    },
    settle: async (jobId) => {
      const entry = shelf.find(jobId)
      if (!entry) shelf.lookNoMore(jobId)
      else if (isEnded(entry)) settleEntry(shelf, entry, settings.terminalRetentionMs)
    },
  }
}

function finalizeJob(
  shelf: JobShelf,
  jobId: JobId,
  outcome: Outcome,
  settings: FinalizeSettings,
): FinalizeResult {
  const entry = shelf.find(jobId)
  if (!entry) {
    if (settings.isSettled) shelf.lookNoMore(jobId)
    return { kind: 'missing' }
  }
  if (isEnded(entry)) {
    if (settings.isSettled) settleEntry(shelf, entry, settings.terminalRetentionMs)
    return { kind: 'finalized', isSlotWanted: true }
  }
  finalizeEntry(shelf, entry, outcome, settings)
  return { kind: 'finalized', isSlotWanted: shelf.waiters(entry.job.uidHash).length > 0 }
}

/** All of them at once: one whose summary is done soon must not pass for the whole job. */
function pendingNotes(outcome: Outcome): JobEntry['notes'] {
  const pending = conversationsOf(outcome).map((id) => [id, { state: 'pending' }] as const)
  return pending.length > 0 ? new Map(pending) : undefined
}

function settleEntry(shelf: JobShelf, entry: JobEntry, retentionMs: number): void {
  shelf.lookNoMore(entry.job.jobId)
  if (entry.settled) return
  const forgetAt = shelf.now() + retentionMs
  shelf.put({ ...entry, settled: true, forgetAt }, { name: 'settled', facts: {} })
}

/** What has ended for a conversation never changes. */
function noted(entry: JobEntry, notes: ReadonlyMap<ConversationId, EnrichmentNote>) {
  const all = new Map(entry.notes)
  for (const [conversationId, note] of notes) {
    const state = all.get(conversationId)?.state ?? 'pending'
    if (state === 'pending' || state === 'running') all.set(conversationId, note)
  }
  return all
}

function nextGeneration(entry: JobEntry, revival: boolean, now: number): Partial<JobEntry> {
  const isWorkedOn = entry.status === 'processing'
  const { suspects, flight } = isWorkedOn && entry.leaseUntil <= now ? suspected(entry) : entry
  return {
    ...{ suspects, flight, status: 'queued', generation: entry.generation + 1 },
    revivals: entry.revivals + (revival ? 1 : 0),
    ...(isWorkedOn ? { fruitlessAttempts: fruitlessAfter(entry) } : {}),
  }
}

function looksAs(entry: JobEntry, seen: Seen): boolean {
  return (
    !isEnded(entry) &&
    entry.outcome === undefined &&
    entry.status === seen.status &&
    entry.epoch === seen.epoch &&
    entry.generation === seen.generation &&
    (seen.leaseUntil === undefined || entry.leaseUntil === seen.leaseUntil) &&
    (seen.progressAt === undefined || entry.progressAt === seen.progressAt)
  )
}

/** The client still sees `processing`: nobody sees a terminal that is not durable. */
function frozen(outcome: Outcome): Partial<JobEntry> {
  return {
    status: 'processing',
    stage: 'finalizing',
    leaseUntil: 0,
    outcome: JSON.stringify(outcome),
    wait: undefined,
    reasonCode: undefined,
  }
}

interface FinalizeSettings {
  readonly terminalRetentionMs: number
  /** It owes nothing any more. */
  readonly isSettled: boolean
  readonly contentHoldMs: Readonly<Record<ReturnType<typeof contentClaimAfter>, number>>
  readonly repeatFailures?: RepeatFailureLimits
  readonly enriches?: boolean
}

function finalizeEntry(
  shelf: JobShelf,
  entry: JobEntry,
  outcome: Outcome,
  settings: FinalizeSettings,
): void {
  const { contentHoldMs, repeatFailures, enriches = false, isSettled } = settings
  const { jobId, uid, contentId } = entry.job
  const now = shelf.now()
  if (shelf.contentHolder(uid, contentId) === jobId) {
    const holdMs = contentHoldMs[contentClaimAfter(outcome)]
    if (holdMs > 0) shelf.holdContent(uid, contentId, jobId, now + holdMs)
    else shelf.dropContent(uid, contentId)
  }
  const signature = failureSignature(outcome)
  const pausedUntil =
    signature && repeatFailures && shelf.failures.note(entry.job, signature, repeatFailures)
  if (outcome.status === 'completed') shelf.failures.forget(contentId)
  if (isSettled) shelf.lookNoMore(jobId)
  else shelf.lookAgainAt(jobId, now + OWED_CLEANUP_DUE_MS)
  shelf.awaitSlotNoMore(entry)
  shelf.releaseSlot(entry)
  const facts = { status: outcome.status, reason: outcome.reasonCode ?? '' }
  shelf.put(
    {
      ...entry,
      status: outcome.status,
      stage: 'finalizing',
      updatedAt: now,
      endedAt: now,
      epoch: entry.epoch + 1,
      token: undefined,
      released: undefined,
      wait: undefined,
      reasonCode: outcome.reasonCode,
      outcome: JSON.stringify(outcome),
      owesEnrichment: enriches && owesEnrichment(outcome),
      notes: enriches ? pendingNotes(outcome) : undefined,
      ...(isSettled ? { settled: true, forgetAt: now + settings.terminalRetentionMs } : {}),
    },
    ...(pausedUntil ? [{ name: 'content_paused', facts: { until: `${pausedUntil}` } }] : []),
    { name: 'finalized', facts: { ...facts, ...(isSettled ? { settled: '1' } : {}) } },
  )
}
