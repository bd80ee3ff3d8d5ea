import { type JobId, objectNames, SECOND_MS } from '../../../src/kernel/index.ts'
import type { Fleet } from './fleet.ts'
import { play, push, reap, type Stage } from './play.ts'

const PASS_EVERY_MS = 60 * SECOND_MS
/** From the last fault to the last end: five backoffs, revivals, snoozes, and a wait a clock jump made long. */
const BOUND_MS = 3 * 60 * 60 * SECOND_MS

/**
 * No more faults: the queue delivers what is due, recovery passes every minute, until every accepted
 * job has ended and nothing is owed. @returns how long that took, in ms; throws past the bound
 */
export async function comeToRest(stage: Stage): Promise<number> {
  const { fleet } = stage
  for (const process of fleet.processes) process.life.heal()
  fleet.provider.arrange([])
  const startMs = fleet.clock.monotonicMs()
  let passedMs = Number.NEGATIVE_INFINITY
  for (;;) {
    const nowMs = fleet.clock.monotonicMs()
    await play(stage, { kind: 'advance', ms: 0 })
    for (const [index, { task }] of fleet.tasks.due().entries()) {
      const process = fleet.processes[index % 2]
      if (process && !stage.pushed.has(task.name)) push(stage, process, task)
    }
    if (nowMs - passedMs >= PASS_EVERY_MS) {
      passedMs = nowMs
      const [process] = fleet.processes
      if (process) void reap(fleet, process)
    }
    await fleet.atRest()
    if (await isOver(stage)) return nowMs - startMs
    if (nowMs - startMs > BOUND_MS) throw new Error(await describeUnrest(stage))
    const nextDueMs = (fleet.tasks.live()[0]?.dueAt ?? Infinity) - fleet.clock.now()
    const toPassMs = passedMs + PASS_EVERY_MS - nowMs
    await fleet.clock.advance(Math.max(SECOND_MS, Math.min(nextDueMs, toPassMs)))
  }
}

async function isOver(stage: Stage): Promise<boolean> {
  const { fleet, pushed } = stage
  const { ledger, client } = fleet
  if (pushed.size > 0 || fleet.tasks.live().length > 0) return false
  for (const jobId of ledger.accepted) {
    if (!client.hasEnd(jobId) && !(await isLost(fleet, jobId))) return false
    // What a forgotten record still owed is cleared by the sweep.
    const folder = objectNames.stagingPrefix(ledger.uidHash, jobId)
    if ([...ledger.names].some((name) => name.startsWith(folder))) return false
  }
  return (await fleet.owed()).size === 0
}

/** Its audio was taken away with its manifest, and its record forgotten: nothing is left to tell. */
async function isLost(fleet: Fleet, jobId: JobId): Promise<boolean> {
  const { ledger, store } = fleet
  const isStaged = ledger.names.has(objectNames.manifest(ledger.uidHash, jobId))
  return ledger.expired.has(jobId) && !isStaged && (await store.read(jobId)) === undefined
}

async function describeUnrest(stage: Stage): Promise<string> {
  const { fleet, pushed } = stage
  const { ledger, client } = fleet
  const open = [...ledger.accepted].filter((jobId) => !client.hasEnd(jobId))
  const owed = [...(await fleet.owed())]
  const records = await Promise.all([...new Set([...open, ...owed])].map(fleet.store.read))
  return `I1: no rest: ${JSON.stringify({
    open,
    owed,
    pushed: [...pushed.keys()],
    tasks: fleet.tasks.live().map(({ task, dueAt }) => [task.name, dueAt - fleet.clock.now()]),
    records,
  })}`
}
