import { createDayDocument, type DayDocument } from './day-document.ts'
import { createGauge, type Gauge } from './gauge.ts'
import type { Timeline } from './timeline.ts'

export type Lane = 'fresh' | 'backfill'

export interface User {
  running: number
  /** Jobs that wait for one of the user's slots, oldest first. */
  readonly waiting: Set<Job>
  readonly day: DayDocument
}

export interface Job {
  readonly user: User
  readonly lane: Lane
  readonly acceptedMs: number
  /** An older generation's task is answered and ignored. */
  generation: number
  isRunning: boolean
  isDone: boolean
  isPrepared: boolean
  /** Segments that have not landed. */
  left: number
}

/** One delivery's pointer. */
export interface Task {
  readonly job: Job
  readonly generation: number
}

/** Who there is, what lives, and what became of it. */
export interface Books {
  readonly users: readonly User[]
  readonly live: Gauge
  readonly running: Gauge
  /** ms from the 202 to the end, of jobs accepted since `restart`. */
  readonly latencies: Record<Lane, number[]>
  accepted: number
  done: number
  create(user: User, lane: Lane, segments: number): Job
  end(job: Job): void
  restart(): void
}

export function createBooks(timeline: Timeline, users: number, writeMs: number): Books {
  let countedFromMs = 0
  const live = createGauge(timeline)
  const running = createGauge(timeline)
  const latencies: Books['latencies'] = { fresh: [], backfill: [] }
  const books: Books = {
    users: Array.from({ length: users }, () => {
      return { running: 0, waiting: new Set(), day: createDayDocument(timeline, writeMs) }
    }),
    live,
    running,
    latencies,
    accepted: 0,
    done: 0,
    create: (user, lane, segments) => {
      books.accepted += 1
      live.add(1)
      return {
        user,
        lane,
        acceptedMs: timeline.now(),
        generation: 0,
        isRunning: false,
        isDone: false,
        isPrepared: false,
        left: segments,
      }
    },
    end: (job) => {
      job.isDone = true
      books.done += 1
      live.add(-1)
      if (job.acceptedMs >= countedFromMs) {
        latencies[job.lane].push(timeline.now() - job.acceptedMs)
      }
    },
    restart: () => {
      countedFromMs = timeline.now()
      for (const one of Object.values(latencies)) one.length = 0
      live.restart()
      running.restart()
    },
  }
  return books
}
