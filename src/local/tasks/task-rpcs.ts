import * as z from 'zod'
import { pageOf } from './paging.ts'
import type { RpcDeps } from './queue-rpcs.ts'
import type { TaskRecord } from './records.ts'
import { checkTaskName } from './resource-names.ts'
import { createTaskSchema } from './task-request.ts'
import { type UnaryRpc, unaryRpc } from './unary-rpc.ts'
import { toTaskMessage, viewSchema } from './wire.ts'

const MAX_PAGE = 1_000
const taskSchema = z.object({ name: z.string().default(''), responseView: viewSchema })
const listSchema = z.object({
  parent: z.string().default(''),
  responseView: viewSchema,
  pageSize: z.int().default(0),
  pageToken: z.string().default(''),
})

export function taskRpcs(deps: RpcDeps): Record<string, UnaryRpc> {
  const { store, dispatcher } = deps
  const existing = (name: string): TaskRecord => {
    store.queue(checkTaskName(name))
    return store.task(name)
  }
  return {
    CreateTask: unaryRpc(deps, 'CreateTask', createTaskSchema, (request) => {
      const task = store.createTask(request)
      dispatcher.schedule(task)
      return toTaskMessage(task, request.responseView)
    }),
    GetTask: unaryRpc(deps, 'GetTask', taskSchema, ({ name, responseView }) =>
      toTaskMessage(existing(name), responseView),
    ),
    ListTasks: unaryRpc(deps, 'ListTasks', listSchema, (request) => {
      const tasks = store.tasks(store.queue(request.parent).name)
      const page = pageOf(tasks, request, MAX_PAGE, deps.clock.now())
      return {
        tasks: page.items.map((task) => toTaskMessage(task, request.responseView)),
        nextPageToken: page.nextPageToken,
      }
    }),
    DeleteTask: unaryRpc(deps, 'DeleteTask', taskSchema, ({ name }) => {
      store.endTask(existing(name), 'deleted')
      return {}
    }),
    RunTask: unaryRpc(deps, 'RunTask', taskSchema, ({ name, responseView }) =>
      toTaskMessage(dispatcher.runNow(existing(name)), responseView),
    ),
  }
}
