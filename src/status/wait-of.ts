import type { ReasonCode, StatusView, WaitingFor } from '../kernel/index.ts'

/** What a job waits for. Instants are epoch ms; absent where nobody knows. */
export interface Wait {
  readonly waitingFor: WaitingFor
  readonly since?: number
  readonly retryAt?: number
  readonly reasonCode?: ReasonCode
}

/**
 * A job that nobody works on always waits for something, also when its record does not say: one that
 * was never begun for its turn, any other for its next delivery.
 */
export function waitOf(view: StatusView): Wait | undefined {
  const { waitingFor, waitingSince, retryAt, reasonCode, createdAt } = view
  if (waitingFor !== undefined) {
    return {
      waitingFor,
      ...(waitingSince === undefined ? {} : { since: waitingSince }),
      ...(retryAt === undefined ? {} : { retryAt }),
      ...(reasonCode ? { reasonCode } : {}),
    }
  }
  if (view.status !== 'queued') return undefined
  if (view.attempt > 0) return { waitingFor: 'retry' }
  return { waitingFor: 'capacity', ...(createdAt === undefined ? {} : { since: createdAt }) }
}
