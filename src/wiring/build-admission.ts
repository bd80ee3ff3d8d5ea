import { memoryLimitBytes, usedMemoryBytes } from '../adapters/system/process-memory.ts'
import type { Config } from '../config/index.ts'
import { type Admission, createAdmission } from '../http/index.ts'
import type { Clock } from '../ports/index.ts'

/** What one process takes on, by its configuration and its container's memory. */
export function buildAdmission(
  { maxMemoryShare, ...limits }: Config['admission'],
  clock: Clock,
): Admission {
  return createAdmission(
    { clock, random: Math.random, usedMemoryBytes },
    { ...limits, maxMemoryBytes: maxMemoryShare * memoryLimitBytes() },
  )
}
