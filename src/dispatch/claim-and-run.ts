import { callWaiter, type HeldClaim, holdClaim, type QueueAnswer } from '../jobs/index.ts'
import {
  isFinalDelivery,
  parseRetryCount,
  type TaskPayload,
  type UidHash,
} from '../kernel/index.ts'
import { answerOf, answers } from './answers.ts'
import { conclude, endJob } from './conclude.ts'
import type { DeliveryDeps } from './delivery-deps.ts'
import { noteAttempt, runClaimed } from './run-claimed.ts'
import { bringBack, settleOwed, withoutClaim } from './unclaimed.ts'

/** Claims the job and runs one attempt inside the request (I3). */
export async function claimAndRun(
  deps: DeliveryDeps,
  payload: TaskPayload,
  uidHash: UidHash,
  delivery: { readonly retryCount: string | undefined; readonly stop: AbortSignal },
): Promise<QueueAnswer> {
  const jobId = payload.job_id
  const askedAtMs = deps.clock.monotonicMs()
  const token = Buffer.from(deps.randomBytes(16)).toString('hex')
  const ask = () =>
    deps.store.claim({
      jobId,
      generation: payload.generation,
      token,
      leaseMs: deps.leaseMs,
      userSlots: deps.userSlots,
      slotSnoozeMs: deps.slotSnoozeMs,
    })
  let granted = await ask()
  if (granted.kind === 'missing') {
    const answer = await bringBack(deps, payload, uidHash)
    if (answer) return answer
    granted = await ask()
  }
  if (granted.kind !== 'claimed') return withoutClaim(deps, payload, uidHash, granted)
  const { generation, attempt, epoch } = granted.claim
  deps.events.claimTaken({ jobId, generation, attempt, epoch })
  await using held = holdClaim(
    { store: deps.store, clock: deps.clock, times: deps.leaseTimes },
    granted.claim,
    askedAtMs,
  )
  const retryCount = parseRetryCount(delivery.retryCount)
  // Awaited here: the heartbeat ends with this block.
  const answer = await runHeld(deps, held, uidHash, {
    finalDelivery: isFinalDelivery(retryCount, deps.maxAttempts),
    stop: delivery.stop,
  })
  if (!held.signal.aborted) await passSlotOn(deps, held, uidHash)
  return answer
}

/** The job has its answer: what goes wrong here is recovery's, not its. */
async function passSlotOn(deps: DeliveryDeps, held: HeldClaim, uidHash: UidHash): Promise<void> {
  const { enqueueing, userSlots } = deps
  if (!enqueueing || userSlots === 0) return
  try {
    await callWaiter({ ...deps, enqueueing }, held.claim, uidHash)
  } catch (error) {
    deps.events.unexpectedError({ where: 'slot', jobId: held.claim.jobId, error })
  }
}

async function runHeld(
  deps: DeliveryDeps,
  held: HeldClaim,
  uidHash: UidHash,
  how: { readonly finalDelivery: boolean; readonly stop: AbortSignal },
): Promise<QueueAnswer> {
  const { jobId, attempt } = held.claim
  const manifest = await deps.archive.readManifest(uidHash, jobId)
  if (!manifest || attempt > 1) {
    const known = await deps.archive.readOutcome(uidHash, jobId)
    if (known && 'outcome' in known) {
      const outcome = await deps.endings.complete(known, known.outcome)
      return settleOwed(deps, jobId, manifest, answers.done(outcome.status, true))
    }
  }
  if (!manifest) {
    const record = await deps.store.read(jobId)
    if (!record) return answers.expired()
    const outcome = await deps.endings.endWithoutManifest(held, record)
    return settleOwed(deps, jobId, undefined, answers.done(outcome.status, false))
  }
  if (manifest.byok) {
    return answerOf(await endJob(deps, held, manifest, { reasonCode: 'byok_worker_lost' }, true))
  }
  const report = await runClaimed(deps, held, manifest, how.stop)
  const conclusion = await conclude(deps, held, manifest, report, how.finalDelivery)
  noteAttempt(deps.events, held.claim, report)
  return answerOf(conclusion)
}
