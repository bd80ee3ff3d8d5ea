import { totalmem } from 'node:os'

/** Bytes that this process holds of its container's memory. */
export function usedMemoryBytes(): number {
  return process.memoryUsage.rss()
}

/** Bytes that it may hold: its container's limit, or the machine's memory where there is none. */
export function memoryLimitBytes(): number {
  const limit = process.constrainedMemory()
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem()
}
