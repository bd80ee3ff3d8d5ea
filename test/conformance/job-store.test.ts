import { describe, it } from 'vitest'
import { redisOnly } from './job-store/redis-only.ts'
import { expectSameAnswers } from './job-store/same-answers.ts'
import { makeMemoryJobStore, redisJobStores } from './job-store/stores.ts'
import { jobStoreContract } from './job-store.contract.ts'

const redis = redisJobStores()

jobStoreContract('the job store in memory', makeMemoryJobStore)
jobStoreContract('the job store on Redis', redis.make)

describe('the job store on Redis alone', () => redisOnly(redis))

describe('the two job stores', () => {
  it('give the same answers through random lives (I2, I3)', async () => {
    await expectSameAnswers(redis, 300)
  }, 120_000)
})
