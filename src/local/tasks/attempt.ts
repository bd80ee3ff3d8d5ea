import type { Clock } from '../../ports/index.ts'
import type { TokenIssuer } from '../issuer/index.ts'
import { type DeliveryOutcome, deliver } from './delivery.ts'
import { deliveryHeaders } from './delivery-headers.ts'
import type { DeliveryFault, TasksFaults } from './faults.ts'
import type { TaskRecord } from './records.ts'

export interface AttemptDeps {
  readonly clock: Clock
  readonly issuer: Pick<TokenIssuer, 'mint'>
  readonly faults: TasksFaults
  /** Takes a delivery nobody waits for. */
  readonly background: (delivery: Promise<DeliveryOutcome>) => void
}

/**
 * One attempt, with whatever faults are armed for it. Rejects only when `signal` aborts.
 *
 * @param previousStatus what the attempt before came to; undefined on the first.
 */
export async function attemptTask(
  deps: AttemptDeps,
  task: TaskRecord,
  previousStatus: number | undefined,
  signal: AbortSignal,
): Promise<DeliveryOutcome> {
  const faults = deps.faults.takeDelivery(task.name)
  const find = <K extends DeliveryFault['kind']>(kind: K) =>
    faults.find((fault): fault is Extract<DeliveryFault, { kind: K }> => fault.kind === kind)

  const delay = find('delay')
  if (delay) await deps.clock.sleep(delay.ms, signal)
  const drop = find('drop')
  if (drop) return { status: drop.status, isAnswer: true }

  const reset = find('reset')
  const delivery = {
    url: task.request.url,
    method: task.request.method,
    headers: deliveryHeaders(task, previousStatus, deps.issuer),
    body: Buffer.from(task.request.bodyBase64, 'base64'),
    deadlineMs: find('deadline')?.ms ?? task.dispatchDeadlineMs,
    signal,
  }
  if (find('duplicate')) deps.background(deliver(delivery, deps.clock))
  const outcome = await deliver(
    { ...delivery, resetAfterMs: reset && (reset.afterMs ?? 0) },
    deps.clock,
  )
  const answer = find('answer')
  return answer ? { status: answer.status, isAnswer: true } : outcome
}
