import type { Clock } from '../ports/index.ts'
import { HttpError } from './errors.ts'

/** What this process has too much of. */
export type Shortage = 'uploads' | 'deliveries' | 'memory' | 'event_loop'

export interface AdmissionLimits {
  readonly maxUploads: number
  readonly maxDeliveries: number
  /** Lateness of timers, in ms: of most of the last ones, so that a single stall refuses nobody. */
  readonly maxLoopDelayMs: number
  /** Of the whole process. */
  readonly maxMemoryBytes: number
  /** Refused uploads are asked to wait this long up to twice as long. */
  readonly retryAfterMs: number
}

/** One admitted request; `leave` exactly once, when its work is over. */
export interface Place {
  leave(): void
}

export interface Admission {
  /** @throws HttpError `capacity`, before a byte of the body is read */
  enterUpload(): Place
  /** A shortage is answered 409: the queue's other tasks go on at their pace. */
  enterDelivery(): Place | Shortage
}

const SAMPLE_MS = 100
/** Half a second of peace is enough to take work again. */
const SAMPLES = 5

const WORDS: Readonly<Record<Shortage, string>> = {
  uploads: 'takes as many uploads as it can',
  deliveries: 'works on as many deliveries as it can',
  memory: 'is short of memory',
  event_loop: 'is busy beyond its pace',
}

/**
 * Refuses early what this process could only take at the cost of what it has: leases that are not
 * renewed on time, or a kill for memory. It is watched only while there is work: a process whose CPU
 * was taken away between two requests is late, and free. With nothing to wait for it takes anything.
 */
export function createAdmission(
  deps: {
    readonly clock: Clock
    /** From 0 up to 1. */
    readonly random: () => number
    readonly usedMemoryBytes: () => number
  },
  limits: AdmissionLimits,
): Admission {
  const { clock, usedMemoryBytes } = deps
  const held = { uploads: 0, deliveries: 0 }
  let lateMs: number[] = []
  let isWatching = false

  const isIdle = () => held.uploads + held.deliveries === 0
  async function watchLoop(): Promise<void> {
    while (!isIdle()) {
      const dueMs = clock.monotonicMs() + SAMPLE_MS
      await clock.sleep(SAMPLE_MS)
      lateMs = [...lateMs.slice(1 - SAMPLES), clock.monotonicMs() - dueMs]
    }
    lateMs = []
    isWatching = false
  }
  const shortageOf = (kind: 'uploads' | 'deliveries'): Shortage | undefined => {
    const most = kind === 'uploads' ? limits.maxUploads : limits.maxDeliveries
    if (held[kind] >= most) return kind
    if (isIdle()) return undefined
    const late = lateMs.filter((ms) => ms > limits.maxLoopDelayMs)
    if (late.length > SAMPLES / 2) return 'event_loop'
    return usedMemoryBytes() > limits.maxMemoryBytes ? 'memory' : undefined
  }
  const enter = (kind: 'uploads' | 'deliveries'): Place | Shortage => {
    const shortage = shortageOf(kind)
    if (shortage) return shortage
    held[kind] += 1
    if (!isWatching) {
      isWatching = true
      void watchLoop()
    }
    return {
      leave: () => {
        held[kind] -= 1
      },
    }
  }
  return {
    enterUpload: () => {
      const place = enter('uploads')
      if (typeof place === 'object') return place
      throw new HttpError(`this instance ${WORDS[place]}`, {
        status: 503,
        code: 'capacity',
        retryAfterMs: limits.retryAfterMs * (1 + deps.random()),
      })
    },
    enterDelivery: () => enter('deliveries'),
  }
}
