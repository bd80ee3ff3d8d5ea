import { MINUTE_MS } from '../../kernel/index.ts'
import { HISTORY_MINUTES, type LoadHistory, type LoadSample } from '../../ports/index.ts'

/** The ring in one process, with the answers of the one on Redis. */
export function createMemoryLoadHistory(): LoadHistory {
  const ring = new Map<number, LoadSample>()
  return {
    keep: async (sample) => {
      ring.set(Math.floor(sample.at / MINUTE_MS) % HISTORY_MINUTES, sample)
    },
    since: async (at) =>
      [...ring.values()].filter((sample) => sample.at >= at).sort((a, b) => a.at - b.at),
  }
}
