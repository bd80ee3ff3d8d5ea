import { type Env, VARIABLE_NAMES, VARIABLES, type VariableName } from './env.ts'
import { groupSettings } from './groups.ts'
import { RULES } from './rules.ts'
import { Secret } from './secrets.ts'
import { READERS, type Settings } from './settings.ts'
import type { Config } from './shape.ts'
import { unknownNameFault } from './unknown-names.ts'
import type { Variable } from './variable.ts'

/** All that is wrong with the environment, one plain sentence a fault. No secret is in it. */
export class ConfigError extends Error {
  override name = 'ConfigError'
  readonly faults: readonly string[]

  constructor(faults: readonly string[]) {
    const heading = faults.length === 1 ? '1 fault' : `${faults.length} faults`
    super(`The configuration has ${heading}:\n${faults.map((fault) => `- ${fault}`).join('\n')}`)
    this.faults = faults
  }
}

/**
 * Checks every variable alone, then against each other, then looks for misspelt ones.
 * @throws ConfigError with all faults at once
 */
export function toConfig(env: Env): Config {
  const { settings, unread, faults } = readSettings(env)
  for (const rule of RULES) {
    if (rule.names.some((name) => unread.has(name))) continue
    const fault = rule.fault(settings)
    if (fault !== undefined) faults.push(fault)
  }
  for (const stray of env.strays) {
    const fault = unknownNameFault(stray)
    if (fault !== undefined) faults.push(fault)
  }
  if (faults.length > 0) throw new ConfigError(faults)
  return deepFreeze(groupSettings(settings))
}

/** `settings` is whole only where `unread` does not name the variable. */
function readSettings(env: Env): {
  settings: Settings
  unread: ReadonlySet<VariableName>
  faults: string[]
} {
  const values: Partial<Record<VariableName, unknown>> = {}
  const unread = new Set<VariableName>()
  const faults: string[] = []
  for (const name of VARIABLE_NAMES) {
    const outcome = readSetting(name, env.values[name])
    if (outcome.fault === undefined) {
      values[name] = outcome.value
    } else {
      unread.add(name)
      faults.push(outcome.fault)
    }
  }
  return { settings: values as Settings, unread, faults }
}

function readSetting(
  name: VariableName,
  raw: string | Secret | undefined,
): { value?: unknown; fault?: string } {
  const row: Variable = VARIABLES[name]
  if (raw === undefined) {
    return row.required ? { fault: `${name} is required: ${row.doc}` } : { value: undefined }
  }
  const { expectation, read } = READERS[name]
  const value: unknown = read(raw instanceof Secret ? raw.reveal() : raw)
  if (value !== undefined) return { value }
  return {
    fault: `${name} ${expectation}${raw instanceof Secret ? '' : ` (it is ${shown(raw)})`}.`,
  }
}

/** One line, cut short, without the credentials a URL may carry. */
function shown(raw: string): string {
  const safe = raw.replace(/\/\/[^/@\s]*@/g, '//[redacted]@')
  return JSON.stringify(safe.length > 80 ? `${safe.slice(0, 80)}…` : safe)
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const part of Object.values(value)) deepFreeze(part)
  }
  return value
}
