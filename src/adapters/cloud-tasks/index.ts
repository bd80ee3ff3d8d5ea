/**
 * Google Cloud Tasks as a `TaskQueue`, over gRPC. The task's name is what makes a create safe to
 * repeat, and repeating is ours: the client does not retry it.
 *
 * What is authoritative: the queue's answer to GetTask for whether a task lives. A create proves
 * only what it answers: OK, that we made it; ALREADY_EXISTS, that the name is taken or burnt; a refusal at
 * the very first try, that there is no task. After a try that got no answer a refusal proves nothing
 * any more, since that try may have made the task.
 */
export {
  type CloudTasksQueueOptions,
  createCloudTasksQueue,
} from './cloud-tasks-queue.ts'
export type { TasksClientOptions } from './connect-client.ts'
export { createQueueInspector } from './inspect-queue.ts'
export { createTasksClient, type TasksClient } from './tasks-client.ts'
