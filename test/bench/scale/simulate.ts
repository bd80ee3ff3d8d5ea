import { type Deployment, placesOf, queueOf } from './deployment.ts'
import type { Lane } from './model/jobs.ts'
import { createService, type Service, type Spent } from './model/service.ts'
import { createTimeline } from './model/timeline.ts'
import type { Workload } from './workload.ts'

export type Happening =
  | 'pause the queues'
  | 'resume the queues'
  | 'slow the provider'
  | 'cure the provider'
  | 'kill the fleet'

export interface Story {
  readonly deployment: Deployment
  readonly workload: Workload
  /** Of this deployment alone. */
  readonly uploadsPerMinute: number
  readonly users: number
  /** Jobs of the backfill lane that stand in the queue at the beginning. */
  readonly backlog?: number
  /** Not counted at the beginning. */
  readonly warmUpMinutes: number
  readonly minutes: number
  /** By minute. */
  readonly happenings?: readonly (readonly [minute: number, what: Happening])[]
  readonly seed: number
}

export interface Sample {
  readonly minute: number
  readonly waiting: number
  readonly oldestS: number
  readonly instances: number
  readonly running: number
  readonly providerCalls: number
  readonly done: number
}

/** How much of each was used, 1 being all of it, on average over what is counted. */
export interface Shares {
  readonly 'instance CPU': number
  readonly 'places of a full fleet': number
  readonly 'provider calls': number
  readonly 'fresh queue, dispatches': number
  readonly 'fresh queue, concurrency': number
  readonly 'backfill queue, dispatches': number
  readonly 'backfill queue, concurrency': number
  readonly 'one Redis node': number
}

export interface Findings {
  readonly accepted: number
  readonly done: number
  /** Live at the end, and where: each counted by its own container. */
  readonly inSystem: { readonly live: number; readonly running: number; readonly tasks: number }
  /** Sorted, ms. */
  readonly latencies: Readonly<Record<Lane, readonly number[]>>
  readonly series: readonly Sample[]
  readonly instances: { readonly mean: number; readonly max: number }
  readonly waitingMax: number
  readonly oldestMaxS: number
  readonly running: { readonly mean: number; readonly max: number }
  readonly live: { readonly mean: number }
  readonly shares: Shares
  readonly spent: Readonly<Spent>
  readonly deliveries: number
  readonly platformRefused: number
  readonly providerRefused: number
  readonly looksPerMinuteMax: number
  /** Since the warm-up. */
  readonly countedMs: number
  readonly countedDone: number
}

const MINUTE_MS = 60_000
const SAMPLES = 150

/** Plays one story. The same story gives the same findings. */
export function simulate(story: Story): Findings {
  const timeline = createTimeline()
  const service = createService(timeline, story)
  for (let i = 0; i < (story.backlog ?? 0); i += 1) service.accept('backfill')
  const meanGapMs = MINUTE_MS / story.uploadsPerMinute
  const arrive = () => {
    service.upload('fresh')
    timeline.after(service.chance.exponential(meanGapMs), arrive)
  }
  if (story.uploadsPerMinute > 0) timeline.after(service.chance.exponential(meanGapMs), arrive)
  for (const [minute, what] of story.happenings ?? []) {
    timeline.after(minute * MINUTE_MS, () => happen(service, what))
  }
  const stepMs = Math.max(1_000, (story.minutes * MINUTE_MS) / SAMPLES)
  const watch = watchService(service, timeline.now)
  const before = startCounting(service, () => timeline.run(story.warmUpMinutes * MINUTE_MS))
  for (let atMs = timeline.now() + stepMs; atMs <= story.minutes * MINUTE_MS; atMs += stepMs) {
    timeline.run(atMs)
    watch.look()
  }
  const countedMs = (story.minutes - story.warmUpMinutes) * MINUTE_MS
  const found = gather(service, watch, before)
  return { ...found, countedMs, shares: sharesOf(story, service, { before, countedMs, found }) }
}

function sharesOf(
  { deployment, workload }: Story,
  { fleet, provider, queues }: Service,
  counted: {
    readonly before: ReturnType<typeof startCounting>
    readonly countedMs: number
    readonly found: Pick<Findings, 'spent' | 'live'>
  },
): Shares {
  const { before, countedMs, found } = counted
  const rate = (lane: Lane) =>
    (queues[lane].counts.deliveries - before.deliveries[lane]) / (countedMs / 1_000)
  const settings = {
    fresh: queueOf(deployment, 'fresh'),
    backfill: queueOf(deployment, 'backfill'),
  }
  const polls = (found.live.mean / workload.pollIntervalMs) * countedMs
  const redisUs = found.spent.redisTrips * workload.redisTripUs + polls * workload.redisPollUs
  return {
    'instance CPU': found.spent.computeMs / (fleet.instances.area() * deployment.vcpus),
    'places of a full fleet': fleet.places.mean() / placesOf(deployment),
    'provider calls': provider.calls.mean() / deployment.providerConcurrent,
    'fresh queue, dispatches': rate('fresh') / settings.fresh.perSecond,
    'fresh queue, concurrency': queues.fresh.inDelivery.mean() / settings.fresh.concurrent,
    'backfill queue, dispatches': rate('backfill') / settings.backfill.perSecond,
    'backfill queue, concurrency': queues.backfill.inDelivery.mean() / settings.backfill.concurrent,
    'one Redis node': redisUs / 1_000 / countedMs,
  }
}

function happen(service: Service, what: Happening): void {
  const { fresh, backfill } = service.queues
  switch (what) {
    case 'pause the queues':
      fresh.pause()
      backfill.pause()
      break
    case 'resume the queues':
      fresh.resume()
      backfill.resume()
      break
    case 'slow the provider':
      service.provider.slowDown(2)
      break
    case 'cure the provider':
      service.provider.slowDown(1)
      break
    case 'kill the fleet':
      service.fleet.kill()
  }
}

/** What had been spent when the counting began. */
function startCounting(service: Service, warmUp: () => void) {
  warmUp()
  const { books, fleet, provider, queues, spent } = service
  const { fresh, backfill } = queues
  const gauges = [
    fleet.instances,
    fleet.places,
    provider.calls,
    fresh.inDelivery,
    backfill.inDelivery,
  ]
  for (const gauge of gauges) gauge.restart()
  books.restart()
  return {
    spent: { ...spent },
    done: books.done,
    deliveries: { fresh: fresh.counts.deliveries, backfill: backfill.counts.deliveries },
  }
}

function watchService({ books, fleet, provider, queues, spent }: Service, now: () => number) {
  const series: Sample[] = []
  let [looks, looksAtMs, looksPerMinuteMax] = [0, 0, 0]
  return {
    series,
    looksPerMinute: () => looksPerMinuteMax,
    look: () => {
      const minutes = (now() - looksAtMs) / MINUTE_MS
      looksPerMinuteMax = Math.max(looksPerMinuteMax, (spent.looks - looks) / minutes)
      looks = spent.looks
      looksAtMs = now()
      series.push({
        minute: now() / MINUTE_MS,
        waiting: queues.fresh.ready() + queues.backfill.ready(),
        oldestS: Math.max(queues.fresh.oldestMs(), queues.backfill.oldestMs()) / 1_000,
        instances: fleet.instances.level(),
        running: books.running.level(),
        providerCalls: provider.calls.level(),
        done: books.done,
      })
    },
  }
}

function gather(
  { books, fleet, provider, queues, spent }: Service,
  watch: ReturnType<typeof watchService>,
  before: ReturnType<typeof startCounting>,
): Omit<Findings, 'countedMs' | 'shares'> {
  const { series } = watch
  const since = Object.fromEntries(
    Object.entries(spent).map(([what, amount]) => [
      what,
      amount - before.spent[what as keyof Spent],
    ]),
  ) as unknown as Spent
  const highest = (of: (sample: Sample) => number) =>
    series.reduce((max, one) => Math.max(max, of(one)), 0)
  const sorted = (list: readonly number[]) => list.toSorted((a, b) => a - b)
  const deliveries = queues.fresh.counts.deliveries + queues.backfill.counts.deliveries
  return {
    accepted: books.accepted,
    done: books.done,
    inSystem: {
      live: books.live.level(),
      running: books.running.level(),
      tasks: queues.fresh.kept() + queues.backfill.kept(),
    },
    latencies: { fresh: sorted(books.latencies.fresh), backfill: sorted(books.latencies.backfill) },
    series,
    instances: { mean: fleet.instances.mean(), max: fleet.instances.max() },
    waitingMax: highest((one) => one.waiting),
    oldestMaxS: highest((one) => one.oldestS),
    running: { mean: books.running.mean(), max: books.running.max() },
    live: { mean: books.live.mean() },
    spent: since,
    deliveries: deliveries - before.deliveries.fresh - before.deliveries.backfill,
    platformRefused: fleet.counts.refused,
    providerRefused: provider.counts.refused,
    looksPerMinuteMax: watch.looksPerMinute(),
    countedDone: books.done - before.done,
  }
}
