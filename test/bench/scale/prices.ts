/**
 * List prices in US dollars, europe-west1 or us-central1, without free tiers and discounts, as of
 * November 2026. Read again before relying on them:
 * Cloud Run, CPU always allocated: cloud.google.com/run/pricing
 * Cloud Tasks: cloud.google.com/tasks/pricing
 * Cloud Storage: cloud.google.com/storage/pricing, standard class, one region
 * Memorystore: cloud.google.com/memorystore/docs/redis/pricing, standard tier, 5 to 10 GB
 * Logging: cloud.google.com/stackdriver/pricing
 * Deepgram: deepgram.com/pricing, nova-3 pre-recorded, pay as you go
 */
export const PRICES = {
  vcpuSecond: 0.000018,
  gibSecond: 0.000002,
  taskOperation: 0.4 / 1_000_000,
  objectWrite: 0.005 / 1_000,
  objectRead: 0.0004 / 1_000,
  redisGbHour: 0.046,
  logGib: 0.5,
  sttMinute: 0.0043,
} as const
