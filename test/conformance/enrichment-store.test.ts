import { createMemoryEnrichmentStore } from '../../src/adapters/memory/enrichment-store.ts'
import { createRedisEnrichmentStore } from '../../src/adapters/redis/index.ts'
import { systemClock } from '../../src/adapters/system/system-clock.ts'
import { simulatedClock } from '../support/simulated-clock.ts'
import { enrichmentStoreContract } from './enrichment-store.contract.ts'
import { redisJobStores } from './job-store/stores.ts'

const redis = redisJobStores()

enrichmentStoreContract('the enrichment store in memory', async () => {
  const clock = simulatedClock()
  return {
    store: createMemoryEnrichmentStore({ clock }),
    now: async () => clock.now(),
    lapse: (ms) => clock.advance(ms),
  }
})

enrichmentStoreContract('the enrichment store on Redis', async () => {
  const { now, lapse } = await redis.make()
  const store = createRedisEnrichmentStore({
    redis: redis.client(),
    clock: systemClock(),
    probe: () => undefined,
  })
  return { store, now, lapse }
})
