export { createRedisEnrichmentStore } from './enrichment-store.ts'
export { createRedisJobStore } from './job-store.ts'
export { connectRedis, createRedisClient } from './redis-client.ts'
export { createRedisSpeechMeter } from './speech-meter.ts'
