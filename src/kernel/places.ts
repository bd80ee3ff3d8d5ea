/** A fixed number of places for work; whoever finds none waits its turn, first come first served. */
export interface Places {
  /** @throws `signal.reason` when aborted while waiting; then the work is never begun */
  run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T>
}

export function createPlaces(count: number): Places {
  let free = count
  const waiting = new Set<() => void>()

  const take = async (signal: AbortSignal) => {
    signal.throwIfAborted()
    if (free > 0) {
      free -= 1
      return
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
  }
  const giveBack = () => {
    const [next] = waiting
    if (next === undefined) {
      free += 1
      return
    }
    waiting.delete(next)
    next()
  }

  return {
    run: async (signal, work) => {
      await take(signal)
      try {
        return await work()
      } finally {
        giveBack()
      }
    },
  }
}
