import { LOCAL_NAMES } from './service-environment.ts'

/** Days a lifecycle rule of the production buckets waits; the server here keeps rules and obeys none. */
const STAGING_DAYS = 45

const access = {
  iamConfiguration: {
    uniformBucketLevelAccess: { enabled: true },
    publicAccessPrevention: 'enforced',
  },
}

function deleteAfter(days: number, matchesPrefix?: readonly string[]) {
  const condition = { age: days, ...(matchesPrefix ? { matchesPrefix } : {}) }
  return { rule: [{ action: { type: 'Delete' }, condition }] }
}

/** The buckets of a stack, with the rules of the production ones. */
export const LOCAL_BUCKETS = [
  {
    name: LOCAL_NAMES.stagingBucket,
    settings: {
      ...access,
      lifecycle: deleteAfter(STAGING_DAYS),
      softDeletePolicy: { retentionDurationSeconds: '0' },
    },
  },
  {
    name: LOCAL_NAMES.dataBucket,
    settings: { ...access, lifecycle: deleteAfter(STAGING_DAYS * 2, ['plans/', 'outcomes/']) },
  },
]
