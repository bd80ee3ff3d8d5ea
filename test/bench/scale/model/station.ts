import { createLine } from './line.ts'
import type { Timeline } from './timeline.ts'

/** So many servers with one line before them. */
export interface Station {
  /** Waits for a free server, holds it for `ms`, then calls `done`. */
  serve(ms: number, done: () => void): void
  busy(): number
  waiting(): number
}

export function createStation(timeline: Timeline, servers: number): Station {
  const line = createLine<{ readonly ms: number; readonly done: () => void }>()
  let busy = 0
  const start = (ms: number, done: () => void) => {
    busy += 1
    timeline.after(ms, () => {
      busy -= 1
      const next = line.leave()
      if (next) start(next.ms, next.done)
      done()
    })
  }
  return {
    serve: (ms, done) => {
      if (busy < servers) start(ms, done)
      else line.join({ ms, done })
    },
    busy: () => busy,
    waiting: () => line.length,
  }
}
