import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type CloudTasksQueueOptions,
  createCloudTasksQueue,
  createTasksClient,
  type TasksClient,
} from '../../../src/adapters/cloud-tasks/index.ts'
import { systemClock } from '../../../src/adapters/system/system-clock.ts'
import { createTokenIssuer } from '../../../src/local/issuer/index.ts'
import { startTasksServer, type TasksServer } from '../../../src/local/tasks/index.ts'
import type { TaskQueue } from '../../../src/ports/index.ts'

export const OIDC = { audience: 'https://worker.test', serviceAccountEmail: 'invoker@test' }
const PLACE = { project: 'test-project', location: 'here' }
const QUEUES = { fresh: 'fresh', backfill: 'backfill' }

export interface CloudQueue {
  readonly server: TasksServer
  readonly client: TasksClient
  readonly queue: TaskQueue
  /** The same queue with other settings. */
  queueWith(options: Partial<CloudTasksQueueOptions>): TaskQueue
  path(lane: keyof typeof QUEUES, name: string): string
  close(): Promise<void>
}

/** The adapter and the local server, over real gRPC. */
export async function startCloudQueue(): Promise<CloudQueue> {
  const folder = await mkdtemp(join(tmpdir(), 'tasks-'))
  const location = `projects/${PLACE.project}/locations/${PLACE.location}`
  const server = await startTasksServer({
    folder,
    port: 0,
    issuer: createTokenIssuer({ now: () => Date.now() }),
    clock: systemClock(),
    queues: Object.values(QUEUES).map((id) => ({ name: `${location}/queues/${id}` })),
  })
  const { host, port } = server
  const client = createTasksClient({ host, port, plaintext: true, projectId: PLACE.project })
  const queueWith = (options: Partial<CloudTasksQueueOptions>) =>
    createCloudTasksQueue({
      ...PLACE,
      client,
      queues: QUEUES,
      handlerUrl: 'http://127.0.0.1:9/v2/sync-jobs/run',
      oidc: OIDC,
      dispatchDeadlineSeconds: 1_560,
      rpcTimeoutMs: 5_000,
      clock: systemClock(),
      random: () => 0,
      ...options,
    })
  // The first call loads and connects the client; no case shall be measured by that.
  await client.ready()
  return {
    server,
    client,
    queue: queueWith({}),
    queueWith,
    path: (lane, name) => `${location}/queues/${QUEUES[lane]}/tasks/${name}`,
    close: async () => {
      await client.close()
      await server.close()
      await rm(folder, { recursive: true })
    },
  }
}
