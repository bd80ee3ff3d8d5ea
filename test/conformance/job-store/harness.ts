import { expect } from 'vitest'
import {
  isTerminal,
  type JobId,
  type JobRecord,
  type RepeatFailureLimits,
} from '../../../src/kernel/index.ts'
import type { JobStore } from '../../../src/ports/index.ts'

export interface JobStoreHarness {
  readonly store: JobStore
  /** The store's own time, epoch ms. */
  now(): Promise<number>
  /** Resolves once the store's time has moved on by `ms`. */
  lapse(ms: number): Promise<void>
}

export interface Retention {
  readonly terminalRetentionMs: number
  readonly outcomeRetentionMs: number
  readonly repeatFailures?: RepeatFailureLimits
  readonly enriches?: boolean
}

/** An empty store, with retentions that outlive a case unless told otherwise. */
export type MakeJobStore = (retention?: Partial<Retention>) => Promise<JobStoreHarness>

export const LONG_RETENTION: Retention = {
  terminalRetentionMs: 3_600_000,
  outcomeRetentionMs: 3_600_000,
}

/** Resolves once `observe` answers true. @throws Error at the deadline */
export async function eventually(
  harness: JobStoreHarness,
  observe: () => Promise<boolean>,
  deadlineMs = 5_000,
): Promise<void> {
  const giveUpAt = (await harness.now()) + deadlineMs
  while (!(await observe())) {
    if ((await harness.now()) > giveUpAt) throw new Error('it never came about')
    await harness.lapse(5)
  }
}

/** The store with a look over its shoulder: after every write a poll says what the record says. */
export function watched(store: JobStore): JobStore {
  const look = async <Answer>(jobId: JobId, answer: Promise<Answer>): Promise<Answer> => {
    const given = await answer
    const [record, view] = await Promise.all([store.read(jobId), store.view(jobId)])
    expect(view).toEqual(record && viewOfRecord(record))
    return given
  }
  return {
    ...store,
    create: (job) => look(job.jobId, store.create(job)),
    claim: (request) => look(request.jobId, store.claim(request)),
    renew: (claim) => look(claim.jobId, store.renew(claim)),
    mark: (claim, marks, also) => look(claim.jobId, store.mark(claim, marks, also)),
    wakeWaiter: async (claim, uidHash, dueInMs) => {
      const woken = await store.wakeWaiter(claim, uidHash, dueInMs)
      return woken && look(woken.jobId, Promise.resolve(woken))
    },
    requeue: (claim, why) => look(claim.jobId, store.requeue(claim, why)),
    snooze: (claim, why) => look(claim.jobId, store.snooze(claim, why)),
    continueNext: (claim, why) => look(claim.jobId, store.continueNext(claim, why)),
    keep: (claim, why) => look(claim.jobId, store.keep(claim, why)),
    beginEnding: (claim, outcome) => look(claim.jobId, store.beginEnding(claim, outcome)),
    finalize: (jobId, outcome, how) => look(jobId, store.finalize(jobId, outcome, how)),
    settle: (jobId) => look(jobId, store.settle(jobId)),
    noteEnrichment: (jobId, notes) => look(jobId, store.noteEnrichment(jobId, notes)),
    overrideEnding: (jobId, seen, outcome) =>
      look(jobId, store.overrideEnding(jobId, seen, outcome)),
    overrideGeneration: (jobId, seen, options) =>
      look(jobId, store.overrideGeneration(jobId, seen, options)),
    postpone: (jobId, dueInMs, seen) => look(jobId, store.postpone(jobId, dueInMs, seen)),
    keepDue: (jobId) => look(jobId, store.keepDue(jobId)),
  }
}

function viewOfRecord(record: JobRecord) {
  const { jobId, uidHash, status, stage, segments, totalFiles, attempt, lane } = record
  const { enrichment, enrichmentReasonCode, createdAt } = record
  const base = { jobId, uidHash, status, stage, segments, totalFiles, attempt, lane, createdAt }
  const shown = { ...base, enrichment, enrichmentReasonCode }
  if (record.status === 'queued' || record.status === 'processing') {
    const { waitingFor, waitingSince, retryAt, reasonCode } = record
    const isWorkedOn = record.status === 'processing' && !record.ending
    const leaseUntil = isWorkedOn ? record.leaseUntil : undefined
    return { ...shown, waitingFor, waitingSince, retryAt, reasonCode, leaseUntil }
  }
  if (!isTerminal(record.status) || !('outcome' in record)) return shown
  return { ...shown, outcome: record.outcome, reasonCode: record.outcome.reasonCode }
}
