import { describeError, type Lane, type TaskPayload } from '../../kernel/index.ts'
import type { Clock, CreateTaskResult, Probe, TaskQueue } from '../../ports/index.ts'
import { GRPC, grpcCode, isRefusal, saysTaskIsGone } from './grpc-status.ts'
import { type CallOutcome, callQueue, type Persistence } from './rpc.ts'
import { type TaskTarget, taskMessage } from './task-message.ts'
import type { TasksClient } from './tasks-client.ts'

export interface CloudTasksQueueOptions extends TaskTarget {
  readonly client: TasksClient
  readonly project: string
  readonly location: string
  /** Queue ids; both may be the same. */
  readonly queues: Readonly<Record<Lane, string>>
  /** For one question to the queue, its repetitions included. */
  readonly rpcTimeoutMs: number
  /** How often a question is put while its answers get lost. Default 3. */
  readonly createAttempts?: number
  readonly clock: Clock
  /** From 0 up to 1; spreads repetitions. */
  readonly random?: () => number
  readonly probe?: Probe
  /** Name of the durable step for the probe. Default `task.create`. */
  readonly step?: string
}

/** One kind of task: its own target URL; kinds may share their queues. */
export function createCloudTasksQueue<Payload = TaskPayload>(
  options: CloudTasksQueueOptions,
): TaskQueue<Payload> {
  const { client, project, location, queues, clock, probe, step = 'task.create' } = options
  const persistence: Persistence = {
    client,
    clock,
    budgetMs: options.rpcTimeoutMs,
    tries: options.createAttempts ?? 3,
    random: options.random ?? Math.random,
  }
  const queuePath = (lane: Lane) =>
    `projects/${project}/locations/${location}/queues/${queues[lane]}`

  return {
    create: async (task, signal) => {
      const parent = queuePath(task.lane)
      const message = taskMessage(options, `${parent}/tasks/${task.name}`, task)
      await probe?.(step, 'before')
      const outcome = await callQueue(persistence, signal, (ready, call) =>
        ready.createTask({ parent, task: message }, call),
      )
      await probe?.(step, 'after')
      return whatCreateProves(outcome)
    },
    find: async (lane, name, signal) => {
      const path = `${queuePath(lane)}/tasks/${name}`
      const outcome = await callQueue(persistence, signal, (ready, call) =>
        ready.getTask({ name: path }, call),
      )
      if (outcome.kind === 'answered') return 'live'
      return saysTaskIsGone(outcome.error) ? 'gone' : 'unknown'
    },
  }
}

function whatCreateProves(outcome: CallOutcome<unknown>): CreateTaskResult {
  if (outcome.kind === 'answered') return { kind: 'created' }
  const { error, isAfterDoubt, wasSent } = outcome
  // Perhaps our own earlier try made it, perhaps the name is burnt: find() tells.
  if (grpcCode(error) === GRPC.alreadyExists) return { kind: 'exists' }
  const isProven = !wasSent || (isRefusal(error) && !isAfterDoubt)
  return { kind: isProven ? 'refused' : 'uncertain', cause: describeError(error) }
}
