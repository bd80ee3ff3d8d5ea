import type { JobId, OutcomeObject, UidHash } from '../kernel/index.ts'
import type { Archive } from './archive.ts'

/** Where a job's outcome leads, its twins' outcomes followed to their end. */
export type FollowedOutcome =
  | { readonly kind: 'ended'; readonly object: Extract<OutcomeObject, { outcome: unknown }> }
  /** Nothing durable says how `jobId` ended: the job itself, or the twin that it ends as. */
  | { readonly kind: 'open'; readonly jobId: JobId }
  /** The pointers go round: none of these jobs will ever say how it ended. */
  | { readonly kind: 'void' }

/** Far more twins than one content ever has. */
const MAX_TWINS = 64

/** A job that lost its content to a twin while Redis was empty ends as that twin, or as its twin. */
export async function followOutcome(
  archive: Pick<Archive, 'readOutcome'>,
  uidHash: UidHash,
  jobId: JobId,
): Promise<FollowedOutcome> {
  const met = new Set<JobId>()
  let at = jobId
  while (!met.has(at) && met.size < MAX_TWINS) {
    met.add(at)
    const object = await archive.readOutcome(uidHash, at)
    if (!object) return { kind: 'open', jobId: at }
    if ('outcome' in object) return { kind: 'ended', object }
    at = object.sameAs
  }
  return { kind: 'void' }
}
