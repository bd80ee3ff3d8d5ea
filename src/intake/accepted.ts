import type { StandingJob } from '../jobs/index.ts'
import type { Naming, Uid } from '../kernel/index.ts'
import type { Events } from '../telemetry/index.ts'

/** What the client is told: its own new job, or the job that has the same bytes already. */
export type Accepted = StandingJob

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
