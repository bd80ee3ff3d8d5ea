import type { JobId, Lane, Naming, Outcome, Status, Uid } from '../kernel/index.ts'
import type { Events } from '../telemetry/index.ts'

/** What the client is told: its own new job, or the job that has the same bytes already. */
export interface Accepted {
  readonly jobId: JobId
  readonly status: Status
  readonly lane: Lane
  readonly totalFiles: number
  readonly totalSegments: number
  readonly outcome?: Outcome
}

/** The upload is another one's repetition, and is answered with that one's job. */
export function answerRepeat(
  deps: { readonly naming: Naming; readonly events: Pick<Events, 'uploadRepeated'> },
  uid: Uid,
  accepted: Accepted,
): Accepted {
  const { jobId, status } = accepted
  deps.events.uploadRepeated({ jobId, uid, uidHash: deps.naming.uidHash(uid), status })
  return accepted
}
