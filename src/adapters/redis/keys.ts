import {
  type ContentId,
  type EnrichmentId,
  type IdempotencyId,
  type JobId,
  shardOfEnrichment,
  shardOfJob,
  shardOfUid,
  type Uid,
  type UidHash,
} from '../../kernel/index.ts'
import type { IndexedState } from '../../ports/index.ts'

/** Every Redis key starts here. The braces are the hash tag: one shard, one slot of a cluster. */
function shardPrefix(shard: number): string {
  return `sd:{${String(shard).padStart(2, '0')}}:`
}

export const keys = {
  job: (jobId: JobId) => `${shardPrefix(shardOfJob(jobId))}job:${jobId}`,
  view: (jobId: JobId) => `${shardPrefix(shardOfJob(jobId))}view:${jobId}`,
  marks: (jobId: JobId) => `${shardPrefix(shardOfJob(jobId))}marks:${jobId}`,
  events: (jobId: JobId) => `${shardPrefix(shardOfJob(jobId))}events:${jobId}`,
  content: (uid: Uid, contentId: ContentId) =>
    `${shardPrefix(shardOfUid(uid))}content:${contentId}`,
  pause: (uid: Uid, contentId: ContentId) => `${shardPrefix(shardOfUid(uid))}pause:${contentId}`,
  meter: (user: { readonly uid: Uid; readonly uidHash: UidHash }) =>
    `${shardPrefix(shardOfUid(user.uid))}meter:${user.uidHash}`,
  idempotency: (uid: Uid, keyId: IdempotencyId) => `${shardPrefix(shardOfUid(uid))}idem:${keyId}`,
  enrichment: (id: EnrichmentId) => `${shardPrefix(shardOfEnrichment(id))}enrichment:${id}`,
  enrichmentDue: (shard: number) => `${shardPrefix(shard)}enrichment-due`,
  due: (shard: number) => `${shardPrefix(shard)}due`,
  indexed: (shard: number, state: IndexedState) =>
    `${shardPrefix(shard)}${state === 'live' ? state : `ended:${state}`}`,
  running: (shard: number) => `${shardPrefix(shard)}running`,
  /** One for all jobs, in the first shard. */
  loadHistory: () => `${shardPrefix(0)}load`,
  /** When a recovery pass last came by; kept by `begin-sweep` of the first part. */
  passed: `${shardPrefix(0)}passed`,
  /** What scripts on a shard itself derive their keys from. */
  sentinel: (shard: number) => `${shardPrefix(shard)}sentinel`,
} as const
