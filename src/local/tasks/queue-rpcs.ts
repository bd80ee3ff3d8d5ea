import * as z from 'zod'
import type { Dispatcher } from './dispatcher.ts'
import { pageOf } from './paging.ts'
import type { Permissions } from './permissions.ts'
import { queueMessageSchema, settingsOf } from './queue-config.ts'
import { checkLocationName, checkQueueName, locationOfQueue } from './resource-names.ts'
import { refusals } from './rpc-error.ts'
import type { TaskStore } from './task-store.ts'
import { type UnaryDeps, type UnaryRpc, unaryRpc } from './unary-rpc.ts'
import { toQueueMessage } from './wire.ts'

const MAX_PAGE = 9_800
const nameSchema = z.object({ name: z.string().default('') })
const createSchema = z.object({ parent: z.string().default(''), queue: queueMessageSchema })
const updateSchema = z.object({
  queue: queueMessageSchema,
  updateMask: z.object({ paths: z.array(z.string()).default([]) }).default({ paths: [] }),
})
const permissionsSchema = z.object({
  resource: z.string().default(''),
  permissions: z.array(z.string()).default([]),
})
const listSchema = z.object({
  parent: z.string().default(''),
  filter: z.string().default(''),
  pageSize: z.int().default(0),
  pageToken: z.string().default(''),
})

export interface RpcDeps extends UnaryDeps {
  readonly store: TaskStore
  readonly dispatcher: Dispatcher
  readonly permissions: Permissions
}

export function queueRpcs(deps: RpcDeps): Record<string, UnaryRpc> {
  const { store, dispatcher, permissions } = deps
  const setState = (state: 'RUNNING' | 'PAUSED') => (request: { name: string }) => {
    const queue = store.setQueueState(request.name, state)
    dispatcher.wake()
    return toQueueMessage(queue)
  }
  return {
    CreateQueue: unaryRpc(deps, 'CreateQueue', createSchema, ({ parent, queue }) => {
      if (checkLocationName(parent) !== locationOfQueue(checkQueueName(queue.name))) {
        throw refusals.invalid(`${queue.name} must begin with ${parent}.`)
      }
      return toQueueMessage(store.createQueue(settingsOf(queue)))
    }),
    UpdateQueue: unaryRpc(deps, 'UpdateQueue', updateSchema, ({ queue, updateMask }) => {
      const updated = store.updateQueue(settingsOf(queue), updateMask.paths)
      dispatcher.wake()
      return toQueueMessage(updated)
    }),
    GetQueue: unaryRpc(deps, 'GetQueue', nameSchema, ({ name }) =>
      toQueueMessage(store.queue(name)),
    ),
    ListQueues: unaryRpc(deps, 'ListQueues', listSchema, (request) => {
      if (request.filter !== '') throw refusals.invalid('This server does not filter queues.')
      const parent = checkLocationName(request.parent)
      const queues = store.queues().filter(({ name }) => locationOfQueue(name) === parent)
      const page = pageOf(queues, request, MAX_PAGE, deps.clock.now())
      return { queues: page.items.map(toQueueMessage), nextPageToken: page.nextPageToken }
    }),
    DeleteQueue: unaryRpc(deps, 'DeleteQueue', nameSchema, ({ name }) => {
      store.deleteQueue(name)
      return {}
    }),
    PurgeQueue: unaryRpc(deps, 'PurgeQueue', nameSchema, ({ name }) =>
      toQueueMessage(store.purgeQueue(name)),
    ),
    PauseQueue: unaryRpc(deps, 'PauseQueue', nameSchema, setState('PAUSED')),
    ResumeQueue: unaryRpc(deps, 'ResumeQueue', nameSchema, setState('RUNNING')),
    // Of a queue that does not exist nobody may do anything; the service does not call it missing.
    TestIamPermissions: unaryRpc(deps, 'TestIamPermissions', permissionsSchema, (asked) => {
      const exists = store.queues().some(({ name }) => name === asked.resource)
      return { permissions: exists ? permissions.granted(asked.permissions) : [] }
    }),
  }
}
