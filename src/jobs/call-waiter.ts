import { type JobRecord, SECOND_MS, type UidHash } from '../kernel/index.ts'
import type { Claim, JobStore } from '../ports/index.ts'
import { type EnqueueDeps, enqueue } from './enqueue.ts'

/**
 * A slot of the user came free: the oldest capture that waits for one is called now. Its task of later
 * stays in the queue and is stale when it comes; no attempt and no revival is spent. A task that is not
 * created here is ensured by recovery: the due entry moved with the generation.
 */
export async function callWaiter(
  deps: {
    readonly store: Pick<JobStore, 'wakeWaiter'>
    readonly enqueueing: EnqueueDeps
    readonly probeAfterMs: number
  },
  freedBy: Claim,
  uidHash: UidHash,
): Promise<void> {
  const woken = await deps.store.wakeWaiter(freedBy, uidHash, deps.probeAfterMs)
  if (woken) await enqueue(deps.enqueueing, { ...woken, uidHash })
}

/**
 * True of a job that is due although it waits for a slot until later: a slot came free, and whoever
 * freed it did not live to call it.
 */
export function wasFreed(record: JobRecord, nowMs: number): boolean {
  if (record.status !== 'queued' || record.waitingFor !== 'capacity') return false
  return (record.retryAt ?? 0) > nowMs + SECOND_MS
}

/** Calls a job now that has a task for later. */
export async function callNow(
  deps: EnqueueDeps,
  record: JobRecord,
  dueInMs: number,
): Promise<'next_generation' | 'unproven' | 'raced'> {
  const moved = await deps.store.overrideGeneration(record.jobId, record, {
    revival: false,
    dueInMs,
  })
  if (moved.kind !== 'done') return 'raced'
  const called = await enqueue(deps, { ...record, generation: moved.generation })
  return called.kind === 'enqueued' ? 'next_generation' : 'unproven'
}
