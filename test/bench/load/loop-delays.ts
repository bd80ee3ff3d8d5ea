export interface LoopDelay {
  /** How late a timer of this thread came, in ms; the sampler's own interval taken off. */
  readonly lateMs: number
  /** As much of it as the thread was at work itself; the rest it waited for a core. */
  readonly ownMs: number
}

export interface LoopDelays {
  /** Those since the last call. */
  take(): LoopDelay[]
  stop(): void
}

const INTERVAL_MS = 10

export function watchLoopDelays(): LoopDelays {
  let delays: LoopDelay[] = []
  let askedMs = performance.now()
  let cpuMs = threadCpuMs()
  const timer = setInterval(() => {
    const nowMs = performance.now()
    const nowCpuMs = threadCpuMs()
    const lateMs = Math.max(0, nowMs - askedMs - INTERVAL_MS)
    delays.push({ lateMs, ownMs: Math.min(lateMs, nowCpuMs - cpuMs) })
    askedMs = nowMs
    cpuMs = nowCpuMs
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

function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1_000
}
