/**
 * Makes a bare machine ready: finds the programs the local stack runs, or fetches them from the
 * distribution's packages into a folder of ours, changing nothing of the system and needing no root.
 */
export type { FindOptions, Missing, Program } from './find-program.ts'
export { findRecogniser, type Recogniser } from './find-recogniser.ts'
export { findRedisServer } from './find-redis-server.ts'
export { type RedisServer, type StartRedisOptions, startRedis } from './start-redis.ts'
