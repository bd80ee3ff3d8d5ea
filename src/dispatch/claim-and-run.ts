import {
  callWaiter,
  type HeldClaim,
  holdClaim,
  type QueueAnswer,
  type QueueDelivery,
} from '../jobs/index.ts'
import {
  isFinalDelivery,
  parseRetryCount,
  parseTaskEta,
  type TaskPayload,
  type UidHash,
} from '../kernel/index.ts'
import type { Ledger } from '../ports/index.ts'
import type { Events, SpanFacts } from '../telemetry/index.ts'
import { answerOf, answers } from './answers.ts'
import { type Conclusion, conclude, endJob } from './conclude.ts'
import type { DeliveryDeps } from './delivery-deps.ts'
import { noteAttempt, runClaimed, spanFactsOf } from './run-claimed.ts'
import { bringBack, settleOwed, withoutClaim } from './unclaimed.ts'

/** Claims the job and runs one attempt inside the request (I3). */
export async function claimAndRun(
  deps: DeliveryDeps,
  payload: TaskPayload,
  uidHash: UidHash,
  delivery: Omit<QueueDelivery, 'authorization' | 'body'>,
): Promise<QueueAnswer> {
  const jobId = payload.job_id
  const askedAtMs = deps.clock.monotonicMs()
  const receivedAt = deps.clock.now()
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
  const { claim, ledger } = granted
  const { generation, attempt, epoch } = claim
  const facts = { jobId, generation, attempt, epoch }
  return deps.tracer.span('attempt', { ...facts, uidHash }, async (note) => {
    deps.events.claimTaken(facts)
    await using held = holdClaim(
      { store: deps.store, clock: deps.clock, times: deps.leaseTimes },
      claim,
      askedAtMs,
    )
    const retryCount = parseRetryCount(delivery.retryCount)
    // Awaited here: the heartbeat ends with this block.
    const { answer, isSlotWanted } = await runHeld(deps, held, uidHash, {
      finalDelivery: isFinalDelivery(retryCount, deps.maxAttempts),
      stop: delivery.stop,
      received: { retryCount, waitedMs: waitedMs(receivedAt, delivery.eta) },
      note,
      ledger,
    })
    if (isSlotWanted && !held.signal.aborted) await passSlotOn(deps, held, uidHash)
    return answer
  })
}

/** Since it was due; undefined when the queue does not say since when. */
function waitedMs(receivedAt: number, eta: string | undefined): number | undefined {
  const dueAt = parseTaskEta(eta)
  return dueAt === undefined ? undefined : Math.max(0, receivedAt - dueAt)
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

interface HeldAnswer {
  readonly answer: QueueAnswer
  /** Another job of the user may be waiting for the slot. */
  readonly isSlotWanted: boolean
}

function freed(answer: QueueAnswer): HeldAnswer {
  return { answer, isSlotWanted: true }
}

/** Only an end tells whether somebody waits; who gives the job back has to ask. */
function concluded(conclusion: Conclusion): HeldAnswer {
  const isSlotWanted = conclusion.kind !== 'ended' || conclusion.isSlotWanted
  return { answer: answerOf(conclusion), isSlotWanted }
}

async function runHeld(
  deps: DeliveryDeps,
  held: HeldClaim,
  uidHash: UidHash,
  how: {
    readonly finalDelivery: boolean
    readonly stop: AbortSignal
    readonly received: Pick<Parameters<Events['deliveryReceived']>[0], 'retryCount' | 'waitedMs'>
    readonly note: (facts: SpanFacts) => void
    readonly ledger: Ledger
  },
): Promise<HeldAnswer> {
  const { jobId, generation, attempt } = held.claim
  const manifest = await deps.archive.readManifest(uidHash, jobId)
  if (!manifest || attempt > 1) {
    const known = await deps.archive.readOutcome(uidHash, jobId)
    if (known && 'outcome' in known) {
      const outcome = await deps.endings.complete(known, known.outcome)
      return freed(await settleOwed(deps, jobId, manifest, answers.done(outcome.status, true)))
    }
  }
  if (!manifest) {
    const record = await deps.store.read(jobId)
    if (!record) return freed(answers.expired())
    const outcome = await deps.endings.endWithoutManifest(held, record)
    return freed(await settleOwed(deps, jobId, undefined, answers.done(outcome.status, false)))
  }
  if (manifest.byok) {
    const why = { reasonCode: 'byok_worker_lost' } as const
    return concluded(await endJob(deps, held, manifest, why, true))
  }
  const { lane } = manifest
  how.note({ lane })
  deps.events.deliveryReceived({ jobId, generation, lane, ...how.received })
  const report = await runClaimed(deps, held, manifest, how.ledger, how.stop)
  how.note(spanFactsOf(report.end))
  const conclusion = await conclude(deps, held, manifest, report, how.finalDelivery)
  noteAttempt(deps.events, held.claim, report)
  return concluded(conclusion)
}
