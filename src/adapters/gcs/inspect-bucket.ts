import type { Storage } from '@google-cloud/storage'
import * as z from 'zod'
import { SECOND_MS } from '../../kernel/index.ts'
import type { BucketFacts, BucketInspector, Clock, DeletionRule } from '../../ports/index.ts'
import { bounded } from './bounded.ts'
import { statusOf, unavailable } from './vendor-errors.ts'

/** What staging, reading, replacing and settling take. */
const NEEDED = ['create', 'get', 'update', 'delete', 'list'].map(
  (deed) => `storage.objects.${deed}`,
)

const flag = z.object({ enabled: z.boolean() }).optional()
const conditionSchema = z.looseObject({
  age: z.number().optional(),
  matchesPrefix: z.array(z.string()).default([]),
  isLive: z.boolean().optional(),
})
type Condition = z.output<typeof conditionSchema>

const bucketSchema = z.object({
  iamConfiguration: z
    .object({
      uniformBucketLevelAccess: flag,
      publicAccessPrevention: z.string().optional(),
    })
    .optional(),
  versioning: flag,
  softDeletePolicy: z.object({ retentionDurationSeconds: z.coerce.number() }).optional(),
  retentionPolicy: z.object({ retentionPeriod: z.coerce.number() }).optional(),
  lifecycle: z
    .object({
      rule: z
        .array(z.object({ action: z.object({ type: z.string() }), condition: conditionSchema }))
        .default([]),
    })
    .optional(),
})

const grantsSchema = z.record(z.string(), z.boolean())

export interface BucketInspectorOptions {
  readonly storage: Storage
  readonly bucket: string
  readonly operationTimeoutMs: number
  readonly clock: Clock
}

export function createBucketInspector(options: BucketInspectorOptions): BucketInspector {
  const { storage, bucket: name, operationTimeoutMs, clock } = options
  const bucket = storage.bucket(name)
  const ask = <T>(deed: string, signal: AbortSignal, call: () => Promise<T>) =>
    bounded(clock, { ms: operationTimeoutMs, signal }, call).catch((error: unknown) => {
      throw statusOf(error) === 404 ? error : unavailable(deed, name, error)
    })
  return {
    bucket: name,
    describe: async (signal) => {
      const answer = await ask('describe bucket', signal, () => bucket.getMetadata()).catch(missing)
      return answer && factsOf(answer[0])
    },
    missingPermissions: async (signal) => {
      const [granted] = await ask('test permissions on', signal, () =>
        bucket.iam.testPermissions(NEEDED),
      )
      const grants = grantsSchema.parse(granted)
      return NEEDED.filter((needed) => grants[needed] !== true)
    },
  }
}

function missing(error: unknown): undefined {
  if (statusOf(error) !== 404) throw error
}

function factsOf(metadata: unknown): BucketFacts {
  const facts = bucketSchema.parse(metadata)
  const { iamConfiguration: access } = facts
  return {
    isUniform: access?.uniformBucketLevelAccess?.enabled ?? false,
    isPublicPrevented: access?.publicAccessPrevention === 'enforced',
    isVersioned: facts.versioning?.enabled ?? false,
    softDeleteMs: (facts.softDeletePolicy?.retentionDurationSeconds ?? 0) * SECOND_MS,
    retentionMs: (facts.retentionPolicy?.retentionPeriod ?? 0) * SECOND_MS,
    deletions: (facts.lifecycle?.rule ?? [])
      .filter(({ action, condition }) => action.type === 'Delete' && touchesLive(condition))
      .map(({ condition }) => deletionOf(condition)),
  }
}

/** Rules about versions that were replaced or deleted already say nothing of live objects. */
function touchesLive(condition: Condition): boolean {
  const ofOldVersions = ['numNewerVersions', 'daysSinceNoncurrentTime', 'noncurrentTimeBefore']
  return condition.isLive !== false && !ofOldVersions.some((name) => condition[name] !== undefined)
}

function deletionOf({ age, matchesPrefix, isLive: _, ...others }: Condition): DeletionRule {
  return { ageDays: age, prefixes: matchesPrefix, isConditional: Object.keys(others).length > 0 }
}
