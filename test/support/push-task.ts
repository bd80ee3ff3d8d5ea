import type { MemoryTask } from '../../src/adapters/memory/task-queue.ts'
import type { World } from './world.ts'

/** One push of the queue: delivered, answered, and retried or done by that answer. */
export async function pushTask(
  world: World,
  { task, retryCount }: MemoryTask,
  stop?: AbortSignal,
): Promise<number> {
  const answer = await world.deliver(task.payload.job_id, {
    body: JSON.stringify(task.payload),
    retryCount,
    ...(stop ? { stop } : {}),
  })
  world.tasks.answered(task.lane, task.name, answer.status)
  return answer.status
}
