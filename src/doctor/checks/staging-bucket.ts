import type { BucketFacts, BucketInspector } from '../../ports/index.ts'
import { type Check, createCheck, type Judgement, unless } from '../finding.ts'
import { accessRules, bucketCommand, bucketMissing, inDays, rulesInWords } from './bucket-words.ts'

/** Uploaded audio: kept past every retry, gone for good once deleted (I11). */
export function stagingBucketCheck(inspector: BucketInspector, retentionDays: number): Check {
  return createCheck({
    name: `staging bucket ${inspector.bucket}`,
    must: 'the bucket can be looked at',
    mend: `give the account roles/storage.legacyBucketReader on gs://${inspector.bucket}`,
    inspect: (signal) => inspector.describe(signal),
    judge: (facts) =>
      facts ? judge(inspector.bucket, facts, retentionDays) : bucketMissing(inspector.bucket),
  })
}

function judge(bucket: string, facts: BucketFacts, retentionDays: number): Judgement {
  const command = bucketCommand(bucket)
  const lifecycle = 'gcloud storage buckets update --lifecycle-file'
  const early = facts.deletions.filter(({ ageDays = 0 }) => ageDays < retentionDays)
  const isBounded = facts.deletions.some(
    ({ ageDays, prefixes, isConditional }) =>
      ageDays !== undefined &&
      !isConditional &&
      (prefixes.length === 0 || prefixes.some((prefix) => 'staging/'.startsWith(prefix))),
  )
  return {
    found: rulesInWords(facts),
    shortfalls: unless(
      ...accessRules(bucket, facts),
      [
        early.length === 0,
        {
          code: 'staging_lifecycle_early',
          must: `no rule deletes before ${retentionDays} days (STAGING_RETENTION_DAYS): audio must outlast every retry of its job`,
          mend: `terraform apply, or ${lifecycle} with age ${retentionDays}`,
        },
      ],
      [
        isBounded,
        {
          code: 'staging_lifecycle_missing',
          must: `a lifecycle rule deletes what is ${retentionDays} days old: it bounds what nobody came to delete`,
          mend: `terraform apply, or ${lifecycle} with age ${retentionDays}`,
        },
      ],
      [
        facts.softDeleteMs === 0,
        {
          code: 'staging_soft_delete',
          must: 'soft delete is off: deleted audio would be kept, billed, and outlive the erasure of its user',
          mend: command('--clear-soft-delete'),
        },
      ],
      [
        !facts.isVersioned,
        {
          code: 'staging_versioned',
          must: 'versioning is off: it keeps what was deleted',
          mend: command('--no-versioning'),
        },
      ],
      [
        facts.retentionMs === 0,
        {
          code: 'staging_retention',
          must: `no retention policy (${inDays(facts.retentionMs)} now): the service deletes a recording once its job has ended`,
          mend: command('--clear-retention-period'),
        },
      ],
    ),
  }
}
