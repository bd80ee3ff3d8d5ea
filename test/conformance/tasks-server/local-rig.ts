import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../../src/adapters/system/system-clock.ts'
import { createTokenIssuer } from '../../../src/local/issuer/index.ts'
import {
  startTasksServer,
  type TasksServer,
  type TasksServerOptions,
} from '../../../src/local/tasks/index.ts'
import { connect, openRig, type Rig } from './rig.ts'

const LOCATION = 'projects/test-project/locations/here'

export interface LocalRig extends Rig {
  readonly tasks: TasksServer
}

/** A server of ours and a rig on it; closing the rig closes both, the folder stays. */
export async function openLocalRig(
  folder: string,
  options: Partial<TasksServerOptions> = {},
): Promise<LocalRig> {
  const issuer = createTokenIssuer({ folder, now: () => Date.now() })
  const tasks = await startTasksServer({
    folder,
    port: 0,
    issuer,
    clock: systemClock(),
    ...options,
  })
  const client = connect(tasks)
  const server = { ...tasks, location: LOCATION, certs: () => issuer.certs() }
  const rig = await openRig(server, client)
  const close = async () => {
    await Promise.all([client.close(), rig.worker.close()])
    await tasks.close()
  }
  return { ...rig, tasks, close }
}

/** Hands the body a folder of its own and takes it away after. */
export async function withFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'tasks-'))
  try {
    await body(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
