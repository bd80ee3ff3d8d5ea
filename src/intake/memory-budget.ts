/**
 * Memory that uploads may hold so that a failed write can be repeated without the client noticing.
 * When it is spent a file is streamed through instead: flat memory, no invisible retry.
 */
export interface MemoryBudget {
  /** False when the bytes are not to be had now; never waits. */
  tryTake(bytes: number): boolean
  give(bytes: number): void
}

export function createMemoryBudget(limitBytes: number): MemoryBudget {
  let takenBytes = 0
  return {
    tryTake: (bytes) => {
      if (takenBytes + bytes > limitBytes) return false
      takenBytes += bytes
      return true
    },
    give: (bytes) => {
      takenBytes -= bytes
    },
  }
}
