import type { CloudTasksClient } from '@google-cloud/tasks'
import { afterAll, afterEach, beforeAll, beforeEach, describe } from 'vitest'
import { type SimulatedClock, simulatedClock } from '../support/simulated-clock.ts'
import { dispatchContract } from './tasks-server/dispatch.ts'
import { namesContract } from './tasks-server/names.ts'
import { queuesContract } from './tasks-server/queues.ts'
import { retriesContract } from './tasks-server/retries.ts'
import { connect, openRig, type Rig, type TasksServerUnderTest } from './tasks-server/rig.ts'
import { timeLimitsContract } from './tasks-server/time-limits.ts'
import { validationContract } from './tasks-server/validation.ts'

export type { TasksServerUnderTest } from './tasks-server/rig.ts'

export interface TasksServerFeatures {
  /** `start` takes a clock: the cases of hours and days run too. */
  readonly simulatedTime?: boolean
}

/**
 * What we lean on in Cloud Tasks, for any server of its protocol (v2, plaintext gRPC) that can
 * reach a target on this machine. Asked of it: queues may be created, names stay burnt for 24 h
 * (of queues: for days). Every case makes queues of its own.
 */
export function tasksServerContract(
  name: string,
  start: (clock?: SimulatedClock) => Promise<TasksServerUnderTest>,
  features: TasksServerFeatures = {},
): void {
  describe(name, () => {
    describe('in real time', () => {
      const rig = rigPerCase(() => start())
      namesContract(rig)
      validationContract(rig)
      queuesContract(rig)
      dispatchContract(rig)
    })
    if (features.simulatedTime !== true) return
    describe('in simulated time', () => {
      const clock = simulatedClock()
      const rig = rigPerCase(() => start(clock))
      const timed = () => ({ ...rig(), clock })
      retriesContract(timed)
      timeLimitsContract(timed)
    })
  })
}

/** One server and one client for all cases (its first call is slow); a target and queues each. */
function rigPerCase(start: () => Promise<TasksServerUnderTest>): () => Rig {
  let server: TasksServerUnderTest
  let client: CloudTasksClient
  let rig: Rig
  beforeAll(async () => {
    server = await start()
    client = connect(server)
  })
  beforeEach(async () => {
    rig = await openRig(server, client)
  })
  afterEach(() => rig.close())
  afterAll(async () => {
    await client.close()
    await server.close()
  })
  return () => rig
}
