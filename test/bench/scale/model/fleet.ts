import type { Chance } from './chance.ts'
import { createGauge, type Gauge } from './gauge.ts'
import { createLine } from './line.ts'
import { createStation, type Station } from './station.ts'
import type { Timeline } from './timeline.ts'

export interface FleetSettings {
  readonly minInstances: number
  readonly maxInstances: number
  /** Requests one instance takes at once. */
  readonly concurrency: number
  readonly vcpus: number
  /** Threads for decoding, and as many for voice activity. */
  readonly computeWorkers: number
  readonly startMs: number
  readonly startsPerSecond: number
}

export interface Instance {
  used: number
  isAlive: boolean
  isDraining: boolean
  readonly requests: Set<FleetRequest>
  readonly decode: Station
  readonly detect: Station
}

export interface FleetRequest {
  /** On an instance; `leave` frees its place. */
  readonly begin: (instance: Instance, leave: () => void) => void
  /** No place in time: the platform's 429. */
  readonly refused: () => void
  /** The instance died under it. */
  readonly died: () => void
}

export interface Fleet {
  enter(request: FleetRequest): void
  /** SIGKILL to every instance. */
  kill(): void
  readonly instances: Gauge
  readonly places: Gauge
  readonly counts: { readonly refused: number; readonly started: number }
}

/** The platform aims at this share of CPU and of places, and starts instances above it. */
const TARGET_SHARE = 0.6
const TICK_MS = 1_000
const TICKS_TO_DRAIN = 60
/** A request waits for 3.5 starts, at least ten seconds, then it is a 429. */
const PENDING_STARTS = 3.5
const MIN_PENDING_MS = 10_000

/** Instances of one service that come and go with the load. */
export function createFleet(timeline: Timeline, chance: Chance, settings: FleetSettings): Fleet {
  let alive: Instance[] = []
  const pending = createLine<{ readonly request: FleetRequest; readonly sinceMs: number }>()
  const instances = createGauge(timeline)
  const places = createGauge(timeline)
  const counts = { refused: 0, started: 0 }
  const pendingMs = Math.max(PENDING_STARTS * settings.startMs, MIN_PENDING_MS)
  let [starting, calmTicks] = [0, 0]

  const begin = (instance: Instance, request: FleetRequest) => {
    instance.used += 1
    places.add(1)
    instance.requests.add(request)
    request.begin(instance, () => {
      if (!instance.requests.delete(request)) return
      instance.used -= 1
      places.add(-1)
      if (instance.isDraining && instance.used === 0) retire(instance)
      else admit(instance)
    })
  }
  const retire = (instance: Instance) => {
    instance.isAlive = false
    alive = alive.filter((one) => one !== instance)
    instances.add(-1)
  }
  /** The emptier of two, as a balancer does; a look over all when both are full. */
  const findFree = (): Instance | undefined => {
    const isFree = (one: Instance | undefined) =>
      one && !one.isDraining && one.used < settings.concurrency ? one : undefined
    const [a, b] = [
      isFree(alive[chance.below(alive.length)]),
      isFree(alive[chance.below(alive.length)]),
    ]
    if (a && b) return a.used <= b.used ? a : b
    return a ?? b ?? alive.find(isFree)
  }
  const admit = (instance: Instance) => {
    while (pending.length > 0 && !instance.isDraining && instance.used < settings.concurrency) {
      const next = pending.leave()
      if (next) begin(instance, next.request)
    }
  }
  const start = (delayMs: number) => {
    starting += 1
    counts.started += 1
    timeline.after(delayMs, () => {
      starting -= 1
      instances.add(1)
      const { computeWorkers } = settings
      const instance: Instance = {
        used: 0,
        isAlive: true,
        isDraining: false,
        requests: new Set(),
        decode: createStation(timeline, computeWorkers),
        detect: createStation(timeline, computeWorkers),
      }
      alive.push(instance)
      admit(instance)
    })
  }
  const scale = () => {
    const busy = alive.reduce((sum, { decode, detect }) => sum + decode.busy() + detect.busy(), 0)
    const byPlaces = (places.level() + pending.length) / (settings.concurrency * TARGET_SHARE)
    const byCpu = busy / (settings.vcpus * TARGET_SHARE)
    const wanted = Math.max(settings.minInstances, Math.ceil(Math.max(byPlaces, byCpu)))
    const have = alive.length + starting
    const more = Math.min(wanted, settings.maxInstances) - have
    for (let i = 0; i < Math.min(more, settings.startsPerSecond); i += 1) start(settings.startMs)
    calmTicks = wanted < have ? calmTicks + 1 : 0
    if (calmTicks < TICKS_TO_DRAIN) return
    calmTicks = 0
    for (const one of alive.slice(0, have - wanted)) {
      one.isDraining = true
      if (one.used === 0) retire(one)
    }
  }
  const expire = () => {
    for (let first = pending.first(); first; first = pending.first()) {
      if (timeline.now() - first.sinceMs < pendingMs) return
      pending.leave()
      counts.refused += 1
      first.request.refused()
    }
  }
  const tick = () => {
    expire()
    scale()
    timeline.after(TICK_MS, tick)
  }
  for (let i = 0; i < settings.minInstances; i += 1) start(0)
  timeline.after(0, tick)
  return {
    enter: (request) => {
      const instance = findFree()
      if (instance) begin(instance, request)
      else pending.join({ request, sinceMs: timeline.now() })
    },
    kill: () => {
      const dead = alive
      alive = []
      instances.add(-dead.length)
      for (const instance of dead) {
        instance.isAlive = false
        places.add(-instance.requests.size)
        const requests = [...instance.requests]
        instance.requests.clear()
        for (const request of requests) request.died()
      }
    },
    instances,
    places,
    counts,
  }
}
