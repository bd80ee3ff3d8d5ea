import { type Deployment, fleetOf, queueOf } from '../deployment.ts'
import type { Workload } from '../workload.ts'
import { createChance } from './chance.ts'
import { createDispatchQueue } from './dispatch-queue.ts'
import { createFleet, type Instance } from './fleet.ts'
import { createBooks, type Job, type Lane, type Task } from './jobs.ts'
import { createProvider } from './provider.ts'
import { type RunParts, runJob } from './run-job.ts'
import type { Timeline } from './timeline.ts'

/** What was spent since the last `restart`. */
export interface Spent {
  redisTrips: number
  sttSeconds: number
  computeMs: number
  tasksCreated: number
  uploads: number
  uploadsRefused: number
  snoozes: number
  looks: number
  revived: number
}

/** An app whose upload was refused comes again, as `Retry-After` says. */
const UPLOAD_AGAIN_MS = 30_000
/** A provider that says 429 without a time: DEFAULT_SNOOZE of the service. */
const PROVIDER_SNOOZE_MS = 30_000
/** Recovery's pass finds a job without a task within a minute, and ensures it. */
const REVIVAL_MS = 76_000
/** A claim that is refused, or an older generation's task. */
const SHORT_ANSWER_MS = 5

export type Service = ReturnType<typeof createService>

/** One deployment: uploads come in by `upload` or `backlog`, everything else follows. */
export function createService(
  timeline: Timeline,
  setup: {
    readonly deployment: Deployment
    readonly workload: Workload
    readonly users: number
    readonly seed: number
  },
) {
  const { deployment, workload } = setup
  const chance = createChance(setup.seed)
  const spent: Spent = {
    ...{ redisTrips: 0, sttSeconds: 0, computeMs: 0, tasksCreated: 0, uploads: 0 },
    ...{ uploadsRefused: 0, snoozes: 0, looks: 0, revived: 0 },
  }
  const books = createBooks(timeline, setup.users, workload.objectMs)
  const fleet = createFleet(timeline, chance, fleetOf(deployment))
  const provider = createProvider(timeline, deployment.providerConcurrent)
  const parts: RunParts = {
    ...{ timeline, chance, provider, workload },
    maxParallelSegments: deployment.maxParallelSegments,
    spend: (what, amount) => {
      spent[what] += amount
    },
  }

  const queues = {
    fresh: createDispatchQueue<Task | 'summary'>(
      timeline,
      queueOf(deployment, 'fresh'),
      deliver,
      revive,
    ),
    backfill: createDispatchQueue<Task | 'summary'>(
      timeline,
      queueOf(deployment, 'backfill'),
      deliver,
      revive,
    ),
  }
  const addTask = (job: Job, delayMs: number) => {
    spent.tasksCreated += 1
    queues[job.lane].add({ job, generation: job.generation }, delayMs)
  }
  function revive(task: Task | 'summary'): void {
    if (task === 'summary' || task.generation < task.job.generation || task.job.isDone) return
    spent.revived += 1
    task.job.generation += 1
    timeline.after(REVIVAL_MS, () => addTask(task.job, 0))
  }

  const postpone = (job: Job, forMs: number) => {
    job.generation += 1
    spent.snoozes += 1
    addTask(job, forMs)
  }
  /** The oldest that waits for a slot of the user is called at once, under its next generation. */
  const passSlotOn = ({ user }: Job) => {
    const [oldest] = user.waiting
    if (!oldest) return
    user.waiting.delete(oldest)
    postpone(oldest, 0)
  }
  const giveBack = (job: Job) => {
    job.isRunning = false
    job.user.running -= 1
    books.running.add(-1)
  }

  function deliver(task: Task | 'summary', answer: (isDone: boolean) => void): void {
    let claimed: Job | undefined
    fleet.enter({
      begin: (instance, leave) => {
        const reply = (isDone: boolean) => {
          leave()
          answer(isDone)
        }
        if (task === 'summary') {
          const ms = chance.around(workload.enrichmentMs, workload.sttSpread)
          timeline.after(ms, () => instance.isAlive && reply(true))
          return
        }
        claimed = claim(instance, task, reply)
      },
      refused: () => answer(false),
      died: () => {
        if (claimed) giveBack(claimed)
        answer(false)
      },
    })
  }

  /** @returns the job when it is claimed and runs */
  function claim(
    instance: Instance,
    task: Task,
    reply: (isDone: boolean) => void,
  ): Job | undefined {
    const { job } = task
    spent.redisTrips += 1
    const answerSoon = (isDone: boolean) =>
      timeline.after(SHORT_ANSWER_MS, () => instance.isAlive && reply(isDone))
    if (job.isDone || task.generation < job.generation) {
      answerSoon(true)
      return undefined
    }
    if (job.isRunning) {
      answerSoon(false)
      return undefined
    }
    if (deployment.userSlots > 0 && job.user.running >= deployment.userSlots) {
      job.user.waiting.add(job)
      postpone(job, deployment.slotSnoozeMs)
      answerSoon(true)
      return undefined
    }
    job.user.waiting.delete(job)
    job.isRunning = true
    job.user.running += 1
    books.running.add(1)
    runJob(parts, instance, job, (how) => {
      giveBack(job)
      if (how === 'done') end(job)
      else postpone(job, PROVIDER_SNOOZE_MS)
      passSlotOn(job)
      reply(true)
    })
    return job
  }

  function end(job: Job): void {
    books.end(job)
    for (let i = 0; i < workload.enrichmentTasksPerJob; i += 1) {
      spent.tasksCreated += 1
      queues[job.lane].add('summary', 0)
    }
  }

  /** Recovery looks after what waits, ever more rarely. */
  function look(job: Job, afterMs: number): void {
    timeline.after(afterMs, () => {
      if (job.isDone) return
      if (!job.isRunning) spent.looks += 1
      look(job, Math.min(afterMs * 2, deployment.longestLookMs))
    })
  }

  const accept = (lane: Lane, user = books.users[chance.below(books.users.length)]) => {
    if (!user) return
    const job = books.create(user, lane, workload.segments)
    spent.redisTrips += 1
    look(job, deployment.firstLookMs)
    addTask(job, 0)
  }
  const upload = (lane: Lane) => {
    const again = () => {
      spent.uploadsRefused += 1
      timeline.after(UPLOAD_AGAIN_MS, () => upload(lane))
    }
    fleet.enter({
      begin: (instance, leave) => {
        timeline.after(chance.around(workload.uploadMs, workload.uploadSpread), () => {
          if (!instance.isAlive) return
          leave()
          spent.uploads += 1
          accept(lane)
        })
      },
      refused: again,
      died: again,
    })
  }
  return { accept, upload, chance, books, fleet, provider, queues, spent }
}
