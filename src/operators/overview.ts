import { DAY_MS, HOUR_MS, inParallel, SHARD_COUNT, type TerminalStatus } from '../kernel/index.ts'
import type { Clock, JobStore, LoadSample } from '../ports/index.ts'
import { type Samples, takeSamples } from './samples.ts'

/** How the whole stands now, and how jobs ended of late. Instants are epoch ms. */
export interface Overview extends Samples {
  readonly at: number
  readonly live: number
  /** Of them, under a claim; the others wait. */
  readonly running: number
  /** When the oldest job that has not ended was accepted. */
  readonly oldestLiveAt?: number
  readonly endedByHour: readonly EndedInHour[]
}

export interface EndedInHour extends Readonly<Record<TerminalStatus, number>> {
  readonly fromAt: number
}

const PARALLEL = 16
const ENDS: readonly TerminalStatus[] = ['completed', 'partial_failure', 'failed']
const SHARDS = [...Array(SHARD_COUNT).keys()]
/** Samples read hundreds of records; several operators, or one who looks every few seconds, share them. */
const SAMPLES_KEPT_MS = 10_000
/** An hour's last ends are written by then. */
const HOUR_SETTLES_MS = 60_000

/** Counts are of the moment; samples may be some seconds old, and an hour that is over is counted once. */
export function createOverview(deps: { readonly store: JobStore; readonly clock: Clock }) {
  const { store, clock } = deps
  const hoursOver = new Map<number, EndedInHour>()
  let kept: Promise<Samples> | undefined
  let keptAt = Number.NEGATIVE_INFINITY
  const samples = () => {
    if (kept && clock.now() - keptAt < SAMPLES_KEPT_MS) return kept
    keptAt = clock.now()
    kept = takeSamples(store, keptAt)
    kept.catch(() => {
      kept = undefined
    })
    return kept
  }
  const endedIn = async (fromAt: number): Promise<EndedInHour> => {
    const known = hoursOver.get(fromAt)
    if (known) return known
    const isOver = clock.now() >= fromAt + HOUR_MS + HOUR_SETTLES_MS
    const ended = await countEnds(store, fromAt)
    if (isOver) hoursOver.set(fromAt, ended)
    return ended
  }
  return async (hours: number): Promise<Overview> => {
    const now = clock.now()
    const last = Math.floor(now / HOUR_MS) * HOUR_MS
    const starts = Array.from({ length: hours }, (_, at) => last - (hours - 1 - at) * HOUR_MS)
    for (const fromAt of hoursOver.keys()) if (fromAt < now - 3 * DAY_MS) hoursOver.delete(fromAt)
    const [load, sampled, endedByHour] = await Promise.all([
      loadOf(store, now),
      samples(),
      inParallel(starts, 2, endedIn),
    ])
    const { waiting, running, oldestLiveAt } = load
    return {
      ...{ at: now, live: waiting + running, running },
      ...(oldestLiveAt === undefined ? {} : { oldestLiveAt }),
      ...sampled,
      endedByHour,
    }
  }
}

/** How much there is to do; a few commands a shard, however many jobs there are. */
export async function loadOf(store: JobStore, now: number): Promise<LoadSample> {
  const shards = await inParallel(SHARDS, PARALLEL, (shard) => store.liveJobs(shard))
  const oldest = shards.flatMap(({ oldestAt }) => (oldestAt === undefined ? [] : [oldestAt]))
  const running = shards.reduce((sum, shard) => sum + shard.running, 0)
  const live = shards.reduce((sum, shard) => sum + shard.count, 0)
  return {
    at: now,
    // The two are read one after the other: a job may end in between.
    waiting: Math.max(0, live - running),
    running,
    ...(oldest.length > 0 ? { oldestLiveAt: Math.min(...oldest) } : {}),
  }
}

async function countEnds(store: JobStore, fromAt: number): Promise<EndedInHour> {
  const count = async (status: TerminalStatus) => {
    const span = { fromAt, toAt: fromAt + HOUR_MS }
    const counts = await inParallel(SHARDS, PARALLEL, (s) => store.countEnded(s, status, span))
    return counts.reduce((sum, one) => sum + one, 0)
  }
  const [completed = 0, partial = 0, failed = 0] = await Promise.all(ENDS.map(count))
  return { fromAt, completed, partial_failure: partial, failed }
}
