import { DAY_MS } from '../../kernel/index.ts'
import type { BucketFacts } from '../../ports/index.ts'
import type { Judgement, Shortfall } from '../finding.ts'

export function bucketCommand(bucket: string) {
  return (flag: string) =>
    `terraform apply, or gcloud storage buckets update gs://${bucket} ${flag}`
}

export function bucketMissing(bucket: string): Judgement {
  const must = `bucket ${bucket} exists`
  const mend = `terraform apply, or gcloud storage buckets create gs://${bucket} --uniform-bucket-level-access --public-access-prevention`
  return { found: 'no such bucket', shortfalls: [{ code: 'bucket_missing', must, mend }] }
}

/** What holds for every bucket. */
export function accessRules(bucket: string, facts: BucketFacts): (readonly [boolean, Shortfall])[] {
  const command = bucketCommand(bucket)
  return [
    [
      facts.isUniform,
      {
        code: 'bucket_not_uniform',
        must: 'access is uniform: no object has grants of its own',
        mend: command('--uniform-bucket-level-access'),
      },
    ],
    [
      facts.isPublicPrevented,
      {
        code: 'bucket_public',
        must: 'public access is prevented',
        mend: command('--public-access-prevention'),
      },
    ],
  ]
}

export function rulesInWords(facts: BucketFacts): string {
  const rules = facts.deletions.map(({ ageDays, prefixes, isConditional }) =>
    [
      ageDays === undefined ? 'deletes' : `deletes after ${ageDays} days`,
      ...(prefixes.length > 0 ? [prefixes.join(', ')] : []),
      ...(isConditional ? ['on conditions'] : []),
    ].join(' '),
  )
  return [
    facts.isUniform ? 'uniform access' : 'access by object',
    facts.isPublicPrevented ? 'never public' : 'may be public',
    ...(rules.length > 0 ? rules : ['deletes nothing']),
    facts.softDeleteMs === 0 ? 'no soft delete' : `soft delete ${inDays(facts.softDeleteMs)}`,
    ...(facts.isVersioned ? ['versioned'] : []),
    ...(facts.retentionMs > 0 ? [`retention ${inDays(facts.retentionMs)}`] : []),
  ].join('; ')
}

export function inDays(ms: number): string {
  return `${Math.round((ms / DAY_MS) * 10) / 10} days`
}
