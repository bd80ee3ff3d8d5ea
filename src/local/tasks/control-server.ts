import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Dispatcher } from './dispatcher.ts'
import { type TasksFaults, tasksFaultSchema } from './faults.ts'
import type { TasksStats } from './stats.ts'
import type { TaskStore } from './task-store.ts'

export interface ControlDeps {
  readonly store: TaskStore
  readonly dispatcher: Dispatcher
  readonly faults: TasksFaults
  readonly stats: TasksStats
}

type Route = (deps: ControlDeps, query: URLSearchParams, body: string) => unknown

/** `?queue=` names one queue in full; without it a deed takes them all. */
const ROUTES: Readonly<Record<string, Route>> = {
  'GET /faults': ({ faults }) => faults.list(),
  'POST /faults': ({ faults }, _, body) => ({
    id: faults.add(tasksFaultSchema.parse(JSON.parse(body))),
  }),
  'DELETE /faults': ({ faults }, query) => {
    faults.clear(query.get('id') ?? undefined)
    return faults.list()
  },
  'GET /stats': ({ stats }) => stats,
  'GET /queues': ({ store, dispatcher }) =>
    store.queues().map((queue) => ({
      ...queue,
      live: store.tasks(queue.name).length,
      inFlight: dispatcher.inFlight(queue.name),
    })),
  'GET /tasks': ({ store }, query) =>
    store.tasks(query.get('queue') ?? undefined).map(({ request, ...task }) => ({
      ...task,
      request: { ...request, bodyBase64: undefined },
    })),
  'POST /purge': ({ store }, query) =>
    namesOf(store, query).map((queue) => store.purgeQueue(queue).name),
  'POST /pause': ({ store }, query) =>
    namesOf(store, query).map((queue) => store.setQueueState(queue, 'PAUSED').name),
  'POST /resume': ({ store, dispatcher }, query) => {
    const resumed = namesOf(store, query).map((name) => store.setQueueState(name, 'RUNNING').name)
    dispatcher.wake()
    return resumed
  },
}

/** Faults, counters and tasks over plain HTTP and JSON: the handle of the chaos commands. */
export function createControlServer(deps: ControlDeps): Server {
  return createServer((req, res) => {
    answer(deps, req).then(
      ([status, value]) => answerJson(res, status, value),
      (error: unknown) => answerJson(res, 400, { error: String(error) }),
    )
  })
}

async function answer(deps: ControlDeps, req: IncomingMessage): Promise<[number, unknown]> {
  const { pathname, searchParams } = new URL(req.url ?? '/', 'http://control')
  const route = ROUTES[`${req.method} ${pathname}`]
  if (route === undefined) return [404, { error: 'not_found', routes: Object.keys(ROUTES) }]
  return [200, route(deps, searchParams, await text(req))]
}

function namesOf(store: TaskStore, query: URLSearchParams): readonly string[] {
  const queue = query.get('queue')
  return queue === null ? store.queues().map(({ name }) => name) : [queue]
}

function answerJson(res: ServerResponse, status: number, value: unknown): void {
  res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}
