import { refusals } from './rpc-error.ts'

const LOCATION = /^projects\/[A-Za-z0-9:.-]+\/locations\/[A-Za-z0-9-]+$/
const QUEUE = /^(projects\/[A-Za-z0-9:.-]+\/locations\/[A-Za-z0-9-]+)\/queues\/[A-Za-z0-9-]{1,100}$/
const TASK = /^(projects\/[^/]+\/locations\/[^/]+\/queues\/[^/]+)\/tasks\/(.+)$/
const TASK_ID = /^[A-Za-z0-9_-]{1,500}$/

/** The last part of a resource name: what the delivery headers carry. */
export function shortId(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1)
}

export function checkLocationName(name: string): string {
  if (!LOCATION.test(name)) throw refusals.invalid('Invalid resource field value in the request.')
  return name
}

export function checkQueueName(name: string): string {
  if (QUEUE.test(name)) return name
  throw refusals.invalid(
    'Queue name must be formatted: "projects/<PROJECT_ID>/locations/<LOCATION_ID>/queues/<QUEUE_ID>".',
  )
}

export function locationOfQueue(name: string): string {
  return QUEUE.exec(name)?.[1] ?? ''
}

/** @returns the name of the queue the task name belongs to. */
export function checkTaskName(name: string): string {
  const [, queue, id] = TASK.exec(name) ?? []
  if (queue === undefined || id === undefined) {
    throw refusals.invalid(
      'Task name must be formatted: "projects/<PROJECT_ID>/locations/<LOCATION_ID>/queues/<QUEUE_ID>/tasks/<TASK_ID>"',
    )
  }
  if (!TASK_ID.test(id)) {
    throw refusals.invalid(
      `Task ID "${id}" can contain only letters ([A-Za-z]), numbers ([0-9]), hyphens (-), or underscores (_). Task ID must between 1 and 500 characters.`,
    )
  }
  return checkQueueName(queue)
}
