import type { BucketFacts, BucketInspector, DeletionRule } from '../../ports/index.ts'
import { type Check, createCheck, type Judgement, unless } from '../finding.ts'
import { accessRules, bucketCommand, bucketMissing, inDays, rulesInWords } from './bucket-words.ts'

/** All else the service writes lives as long as its user's conversations. */
const MAY_EXPIRE = ['plans/', 'outcomes/']

/** Plans, outcomes, transcripts, day documents, summaries. */
export function dataBucketCheck(inspector: BucketInspector, retentionDays: number): Check {
  return createCheck({
    name: `data bucket ${inspector.bucket}`,
    must: 'the bucket can be looked at',
    mend: `give the account roles/storage.legacyBucketReader on gs://${inspector.bucket}`,
    inspect: (signal) => inspector.describe(signal),
    judge: (facts) =>
      facts ? judge(inspector.bucket, facts, retentionDays) : bucketMissing(inspector.bucket),
  })
}

function judge(bucket: string, facts: BucketFacts, retentionDays: number): Judgement {
  const isOfExpiring = ({ prefixes }: DeletionRule) =>
    prefixes.length > 0 &&
    prefixes.every((prefix) => MAY_EXPIRE.some((kind) => prefix.startsWith(kind)))
  const isLate = ({ ageDays = 0 }: DeletionRule) => ageDays >= retentionDays
  const mend = `terraform apply, or gcloud storage buckets update --lifecycle-file with age ${retentionDays * 2} and matchesPrefix ${MAY_EXPIRE.join(', ')}`
  return {
    found: rulesInWords(facts),
    shortfalls: unless(
      ...accessRules(bucket, facts),
      [
        facts.deletions.every(isOfExpiring),
        {
          code: 'data_lifecycle_wide',
          must: `lifecycle rules delete ${MAY_EXPIRE.join(' and ')} alone: transcripts and conversations are kept`,
          mend,
        },
      ],
      [
        facts.deletions.every(isLate),
        {
          code: 'data_lifecycle_early',
          must: `no rule deletes before ${retentionDays} days (STAGING_RETENTION_DAYS): a retry would cut and pay anew`,
          mend,
        },
      ],
      [
        facts.retentionMs === 0,
        {
          code: 'data_retention',
          must: `no retention policy (${inDays(facts.retentionMs)} now): day documents are replaced as speech lands`,
          mend: bucketCommand(bucket)('--clear-retention-period'),
        },
      ],
    ),
  }
}
