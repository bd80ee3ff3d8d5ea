/** How late this process's timers come, in ms; the sampler's own interval taken off. */
export interface LoopDelays {
  /** Those since the last call. */
  take(): number[]
  stop(): void
}

const INTERVAL_MS = 10

export function watchLoopDelays(): LoopDelays {
  let delays: number[] = []
  let askedMs = performance.now()
  const timer = setInterval(() => {
    const nowMs = performance.now()
    delays.push(Math.max(0, nowMs - askedMs - INTERVAL_MS))
    askedMs = nowMs
  }, INTERVAL_MS)
  timer.unref()
  return {
    take: () => {
      const taken = delays
      delays = []
      return taken
    },
    stop: () => clearInterval(timer),
  }
}
