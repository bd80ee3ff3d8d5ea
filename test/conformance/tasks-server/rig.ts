import { randomUUID } from 'node:crypto'
import { CloudTasksClient, type protos } from '@google-cloud/tasks'
import { credentials } from '@grpc/grpc-js'
import { expect, vi } from 'vitest'
import type { SimulatedClock } from '../../support/simulated-clock.ts'
import { startWorker, type Worker } from './worker.ts'

type Proto = typeof protos.google.cloud.tasks.v2
type QueueMessage = Parameters<Proto['Queue']['create']>[0]
export type TaskMessage = NonNullable<Parameters<Proto['Task']['create']>[0]>

/** A running server of the Cloud Tasks protocol, plaintext gRPC. */
export interface TasksServerUnderTest {
  readonly host: string
  readonly port: number
  /** `projects/P/locations/L` in which the suite makes its queues. */
  readonly location: string
  /** The keys its tokens verify with; without them signatures are not checked. */
  readonly certs?: () => Record<string, string>
  close(): Promise<void>
}

/** What a case works with: a client, a target, queues of its own. */
export interface Rig {
  readonly client: CloudTasksClient
  readonly server: TasksServerUnderTest
  readonly worker: Worker
  /** A fresh queue with fast retries where nothing else is said; its name. */
  queue(settings?: QueueMessage): Promise<string>
  /** A task for the worker; its name. */
  create(queue: string, task?: TaskMessage & { id?: string }): Promise<string>
  get(name: string): ReturnType<typeof taskFacts>
  /** Once the n-th attempt has failed and the next one has its time. */
  failed(name: string, attempts: number): ReturnType<typeof taskFacts>
  /** Once GetTask says that it is gone. */
  gone(name: string): Promise<void>
  /** Takes its queues and its target down; the server and the client stay. */
  close(): Promise<void>
}

export async function openRig(
  server: TasksServerUnderTest,
  client: CloudTasksClient,
): Promise<Rig> {
  const queues: string[] = []
  const worker = await startWorker()
  const get = (name: string) => taskFacts(client, name)
  return {
    client,
    server,
    worker,
    get,
    async queue(settings) {
      const name = `${server.location}/queues/q-${randomUUID()}`
      queues.push(name)
      const retryConfig = { minBackoff: { nanos: 100_000_000 }, maxBackoff: { nanos: 100_000_000 } }
      await client.createQueue({
        parent: server.location,
        queue: { retryConfig, ...settings, name },
      })
      return name
    },
    async create(queue, { id = `t-${randomUUID()}`, ...task } = {}) {
      const httpRequest = { url: worker.url, ...task.httpRequest }
      const name = `${queue}/tasks/${id}`
      const [created] = await client.createTask({
        parent: queue,
        task: { name, ...task, httpRequest },
      })
      return created.name ?? ''
    },
    failed: (name, attempts) =>
      eventually(async () => {
        const task = await get(name)
        expect(task.dispatchCount).toBe(attempts)
        expect(task.lastStatus).toBeDefined()
        return task
      }),
    gone: (name) =>
      eventually(async () => {
        expect(await refusal(client.getTask({ name }))).toMatchObject({ code: 5 })
      }),
    async close() {
      await Promise.allSettled(queues.map((name) => client.deleteQueue({ name })))
      await worker.close()
    },
  }
}

export function connect(server: { host: string; port: number }): CloudTasksClient {
  return new CloudTasksClient({
    apiEndpoint: server.host,
    port: server.port,
    sslCreds: credentials.createInsecure(),
    projectId: 'test-project',
  })
}

/** The parts of GetTask that cases ask about, times in epoch ms. */
async function taskFacts(client: CloudTasksClient, name: string) {
  const [task] = await client.getTask({ name })
  return {
    dispatchCount: task.dispatchCount ?? 0,
    responseCount: task.responseCount ?? 0,
    scheduleMs: millis(task.scheduleTime),
    deadlineMs: millis(task.dispatchDeadline),
    firstDispatchMs: millis(task.firstAttempt?.dispatchTime),
    /** gRPC code of the last attempt, once it has ended. */
    lastStatus: task.lastAttempt?.responseStatus?.code ?? undefined,
  }
}

type Span = protos.google.protobuf.ITimestamp | protos.google.protobuf.IDuration

export function millis(span: Span | null | undefined): number {
  return Number(span?.seconds ?? 0) * 1_000 + (span?.nanos ?? 0) / 1_000_000
}

export function span(ms: number): { seconds: number; nanos: number } {
  return { seconds: Math.floor(ms / 1_000), nanos: Math.round((ms % 1_000) * 1_000_000) }
}

/** How a call was refused; fails when it was not. */
export async function refusal(call: Promise<unknown>): Promise<{ code: number; details: string }> {
  const outcome = await call.then(
    () => undefined,
    (error: { code: number; details: string }) => error,
  )
  if (outcome === undefined) throw new Error('the call was not refused')
  return { code: outcome.code, details: outcome.details }
}

export function eventually<T>(look: () => Promise<T> | T): Promise<T> {
  return vi.waitFor(look, { timeout: 5_000, interval: 5 })
}

/** A rig whose time the case moves. */
export interface TimedRig extends Rig {
  readonly clock: SimulatedClock
}
