/**
 * The configuration: `env.ts` names every variable, `settings.ts` reads each alone, `rules.ts`
 * checks them against each other, `groups.ts` hands each room its part. Only main and service come
 * in; rooms are handed plain values.
 */
export { ConfigError, toConfig } from './config.ts'
export {
  ambientEnvironment,
  type Env,
  readEnv,
  refuseUsageReports,
  VARIABLES,
  type VariableName,
} from './env.ts'
export { Secret } from './secrets.ts'
export type { Config } from './shape.ts'
export { readPairs } from './value-types.ts'
export type { Variable } from './variable.ts'
