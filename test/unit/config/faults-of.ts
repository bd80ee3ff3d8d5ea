import { ConfigError, readEnv, toConfig } from '../../../src/config/index.ts'
import { VALID_SOURCE } from './valid-env.ts'

/** The faults of the valid environment with `changes`; undefined unsets a variable. */
export function faultsOf(changes: Readonly<Record<string, string | undefined>>): readonly string[] {
  try {
    toConfig(readEnv({ ...VALID_SOURCE, ...changes }))
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
    throw error
  }
}
