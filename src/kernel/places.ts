/** A fixed number of places; whoever finds none waits its turn, first come first served. */
export interface Places {
  /** @returns the call that gives the place back. @throws `signal.reason` when aborted while waiting */
  take(signal: AbortSignal): Promise<() => void>
}

export function createPlaces(count: number): Places {
  let free = count
  const waiting = new Set<() => void>()
  const giveBack = () => {
    const [next] = waiting
    if (next) {
      waiting.delete(next)
      next()
    } else free += 1
  }
  const once = () => {
    let given = false
    return () => {
      if (!given) giveBack()
      given = true
    }
  }
  return {
    take: async (signal) => {
      signal.throwIfAborted()
      if (free > 0) {
        free -= 1
        return once()
      }
      const turn = Promise.withResolvers<void>()
      waiting.add(turn.resolve)
      const onAbort = () => {
        if (waiting.delete(turn.resolve)) turn.reject(signal.reason)
      }
      signal.addEventListener('abort', onAbort, { once: true })
      try {
        await turn.promise
      } finally {
        signal.removeEventListener('abort', onAbort)
      }
      return once()
    },
  }
}
