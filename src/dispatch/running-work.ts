/**
 * What is under way, so that a shutdown can wait for it. A request's end does not tell: its caller may
 * be gone while the run behind it still gives its job back.
 */
export interface RunningWork {
  track<T>(work: Promise<T>): Promise<T>
  /** Resolves when everything tracked so far has ended, well or not. */
  drained(): Promise<void>
}

export function createRunningWork(): RunningWork {
  const running = new Set<Promise<unknown>>()
  return {
    track: (work) => {
      running.add(work)
      return work.finally(() => running.delete(work))
    },
    drained: async () => {
      await Promise.allSettled(running)
    },
  }
}
