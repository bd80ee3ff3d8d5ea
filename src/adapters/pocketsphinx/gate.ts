/** At most `limit` pieces of work at once; the others wait in the order they came. */
export interface Gate {
  /** Rejects with `signal.reason` when aborted while waiting. */
  run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T>
}

export function createGate(limit: number): Gate {
  let running = 0
  const waiting: (() => void)[] = []
  const enter = (signal: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      const turn = () => {
        signal.removeEventListener('abort', leave)
        running += 1
        resolve()
      }
      const leave = () => {
        waiting.splice(waiting.indexOf(turn), 1)
        reject(signal.reason)
      }
      if (running < limit) return turn()
      waiting.push(turn)
      signal.addEventListener('abort', leave, { once: true })
    })
  return {
    async run(signal, work) {
      signal.throwIfAborted()
      await enter(signal)
      try {
        return await work()
      } finally {
        running -= 1
        waiting.shift()?.()
      }
    },
  }
}
