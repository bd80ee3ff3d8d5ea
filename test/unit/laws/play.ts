import { deliver } from '../../../src/dispatch/index.ts'
import { acceptUpload, cancelJob, UploadRefusedError } from '../../../src/intake/index.ts'
import { isTerminal, type JobId, objectNames, UnavailableError } from '../../../src/kernel/index.ts'
import type { NewTask } from '../../../src/ports/index.ts'
import { recoveryPass } from '../../../src/recovery/index.ts'
import { findStatus } from '../../../src/status/index.ts'
import { INVOKER, UID } from '../../support/world.ts'
import type { Fleet, Process } from './fleet.ts'
import type { Ledger } from './ledger.ts'
import type { ArmedTrouble } from './life.ts'
import type { LawContent } from './sounds.ts'
import type { Step } from './steps.ts'

/** Tasks the queue is waiting for an answer to. */
export interface Stage {
  readonly fleet: Fleet
  readonly pushed: Map<string, (status: number) => void>
  /** What the queue said of each task when it last pushed it. */
  readonly retryCounts: Map<string, number>
}

export function openStage(fleet: Fleet): Stage {
  fleet.startProcess()
  fleet.startProcess()
  return { fleet, pushed: new Map(), retryCounts: new Map() }
}

/** Lets one thing happen, and all that follows from it at once. */
export async function play(stage: Stage, step: Step): Promise<void> {
  const { fleet } = stage
  while (fleet.processes.length < 2) fleet.startProcess()
  if ('troubles' in step) arm(processOf(fleet, step.by), step.troubles)
  await act(stage, step)
  await fleet.atRest()
  for (const jobId of fleet.ledger.accepted) await fleet.client.poll(jobId)
}

async function act(stage: Stage, step: Step): Promise<void> {
  const { fleet } = stage
  switch (step.kind) {
    case 'upload':
      return upload(fleet, processOf(fleet, step.by), at(fleet.contents, step.content), step)
    case 'deliver': {
      const task = await dueTask(stage, step.pick)
      if (task) push(stage, processOf(fleet, step.by), task)
      return
    }
    case 'redeliver': {
      const task = at(fleet.created, step.pick)
      if (task) void pushCopy(stage, processOf(fleet, step.by), task)
      return
    }
    case 'forge':
      return forge(fleet, processOf(fleet, step.by), at(fleet.created, step.pick))
    case 'cut':
      return at([...stage.pushed.values()], step.pick)?.(503)
    case 'burn': {
      const task = await dueTask(stage, step.pick)
      if (task) fleet.tasks.answered(task.lane, task.name, 429)
      return
    }
    case 'cancel':
      void cancel(fleet, processOf(fleet, step.by), at([...fleet.ledger.accepted], step.pick))
      return
    case 'reap':
      void reap(fleet, processOf(fleet, step.by))
      return
    case 'crash':
      return processOf(fleet, step.by).life.kill()
    case 'shutdown':
      return fleet.shutDown(processOf(fleet, step.by))
    case 'freeze':
      return processOf(fleet, step.by).life.freeze(step.ms)
    case 'skew':
      fleet.ledger.isFencingLoose = true
      return processOf(fleet, step.by).life.setClockOff(step.ms)
    case 'outage':
      return processOf(fleet, step.by).life.cutOff(step.party, step.ms, step.moment)
    case 'provider':
      return fleet.provider.arrange(step.answers)
    case 'advance':
      return fleet.clock.advance(step.ms)
    case 'jump':
      fleet.ledger.isFencingLoose = true
      return fleet.clock.jumpWall(step.ms)
    case 'flush':
      return fleet.flush()
    case 'purge':
      return fleet.tasks.purge()
    case 'expire':
      return expire(fleet, step)
  }
}

function upload(
  fleet: Fleet,
  process: Process,
  content: LawContent | undefined,
  how: { readonly targeted: boolean; readonly key?: number | undefined },
): void {
  if (!content) return
  const { client, ledger } = fleet
  const abandoned = new AbortController()
  process.uploads.add(abandoned)
  const failed = client.failuresOf(content)
  const isReused = usesKey(ledger, how.key, content)
  const accepted = (async () =>
    acceptUpload(process.rooms.accept, {
      uid: UID,
      signal: abandoned.signal,
      parts: partsOf(content),
      ...(how.key === undefined ? {} : { idempotencyKey: `key ${how.key}` }),
      conversationId: how.targeted ? await someConversation(fleet) : undefined,
    }))()
  const noted = accepted.then(
    async ({ jobId, status, outcome }) => {
      const label = `the upload of job ${jobId}`
      // A cancelled one is answered as it ended: nobody invites it again.
      const isCancelled = outcome?.reasonCode === 'sync_cancelled'
      if (failed.has(jobId) && !isCancelled)
        ledger.violations.push(`I7: ${label} failed and was answered again`)
      if (isTerminal(status) && status !== 'completed' && !isCancelled) {
        ledger.violations.push(`I7: ${label} was answered as ${status}`)
      }
      client.wasTold(jobId, content)
      await client.poll(jobId)
    },
    (error: unknown) => checkRefusal(fleet, error, abandoned.signal, isReused),
  )
  void noted.finally(() => process.uploads.delete(abandoned))
}

/** @returns whether the key was sent with other content too, by now */
function usesKey(ledger: Ledger, key: number | undefined, content: LawContent): () => boolean {
  if (key === undefined) return () => false
  const uses = ledger.keys.get(key) ?? new Set()
  ledger.keys.set(key, uses.add(content))
  return () => uses.size > 1
}

/** I12: a refusal has a code, and says when to come again. */
function checkRefusal(
  fleet: Fleet,
  error: unknown,
  signal: AbortSignal,
  isReused: () => boolean,
): void {
  if (signal.aborted && error === signal.reason) return
  if (error instanceof UploadRefusedError && error.code === 'idempotency_key_reused') {
    if (!isReused()) fleet.ledger.violations.push('I12: a key was refused that nobody had used')
    return
  }
  if (error instanceof UploadRefusedError && error.retryAfterMs !== undefined) return
  fleet.ledger.violations.push(`I12: an upload was refused with ${String(error)}`)
}

async function* partsOf(content: LawContent) {
  for (const { name, body } of content.files) {
    yield {
      name,
      body: (async function* () {
        yield body
      })(),
    }
  }
}

async function someConversation(fleet: Fleet): Promise<string | undefined> {
  return (await fleet.conversations.list(fleet.ledger.uidHash, { limit: 1 }))[0]?.id
}

async function dueTask(stage: Stage, pick: number): Promise<NewTask | undefined> {
  const { fleet, pushed } = stage
  const waiting = () => fleet.tasks.live().filter(({ task }) => !pushed.has(task.name))
  const due = () => waiting().filter(({ dueAt }) => dueAt <= fleet.clock.now())
  if (due().length === 0) {
    const [next] = waiting()
    if (!next) return undefined
    await fleet.clock.advance(Math.max(0, next.dueAt - fleet.clock.now()))
  }
  const chosen = at(due(), pick)
  if (chosen) stage.retryCounts.set(chosen.task.name, chosen.retryCount)
  return chosen?.task
}

/** The queue hears the first answer only: the process's, or that the connection broke. */
export function push(stage: Stage, process: Process, task: NewTask): void {
  const { fleet, pushed } = stage
  const hear = (status: number) => {
    if (pushed.get(task.name) !== hear) return
    pushed.delete(task.name)
    process.deliveries.delete(hear)
    fleet.tasks.answered(task.lane, task.name, status)
  }
  pushed.set(task.name, hear)
  process.deliveries.add(hear)
  void pushCopy(stage, process, task).then(hear)
}

const ANSWERS = [200, 409, 500]

async function pushCopy(stage: Stage, process: Process, task: NewTask): Promise<number> {
  const { fleet, retryCounts } = stage
  const { status } = await deliver(process.rooms.delivery, {
    authorization: INVOKER,
    retryCount: String(retryCounts.get(task.name) ?? 0),
    body: JSON.stringify(task.payload),
    stop: process.rooms.stop.signal,
  })
  if (!ANSWERS.includes(status)) {
    fleet.ledger.violations.push(`a delivery is answered ${status}`)
  }
  return status
}

/** I10: without a proven identity there is no effect, not even a look. */
async function forge(fleet: Fleet, process: Process, task: NewTask | undefined): Promise<void> {
  if (!task) return
  const before = process.life.calls
  const { status } = await deliver(process.rooms.delivery, {
    authorization: 'Bearer somebody',
    retryCount: '4',
    body: JSON.stringify(task.payload),
    stop: process.rooms.stop.signal,
  })
  if (status !== 403 || process.life.calls !== before) {
    fleet.ledger.violations.push(`I10: a forged delivery was answered ${status}`)
  }
}

async function cancel(fleet: Fleet, process: Process, jobId: JobId | undefined): Promise<void> {
  if (!jobId) return
  const { ledger, store, archive } = fleet
  const { uidHash } = ledger
  const content = ledger.contents.get(jobId)
  if (content) ledger.cancelled.add(content)
  const end = await cancelJob(process.rooms.delivery, uidHash, jobId).catch((error: unknown) => {
    // Refused by name: the user asks again.
    if (error instanceof UnavailableError) return undefined
    throw error
  })
  const isKnown = end === undefined || end === 'ended' || ledger.expired.has(jobId)
  if (!isKnown) ledger.violations.push(`I1: a cancel of ${jobId} is answered ${end}`)
  if (end !== 'ended' || ledger.returned.has(jobId)) return
  const found = await findStatus(
    { store, archive, clock: fleet.clock, clockSkewMs: 3_000 },
    uidHash,
    jobId,
  )
  if (found.kind === 'found' && isTerminal(found.view.status)) return
  ledger.violations.push(`F44: ${jobId} was cancelled and is ${JSON.stringify(found)}`)
}

export async function reap(fleet: Fleet, process: Process): Promise<void> {
  try {
    await recoveryPass(process.rooms.recovery, process.rooms.stop.signal)
  } catch (error) {
    // A pass that cannot ask the store fails as a whole; the next one comes in a minute.
    if (!(error instanceof Error) || !/UnavailableError|RunAborted/.test(error.name)) {
      fleet.ledger.violations.push(`a recovery pass failed with ${String(error)}`)
    }
  }
}

async function expire(fleet: Fleet, how: { pick: number; withManifest: boolean }): Promise<void> {
  const { ledger, bucket } = fleet
  const chosen = at([...ledger.contents], how.pick)
  if (!chosen) return
  const [jobId, content] = chosen
  ledger.expired.add(jobId)
  const { uidHash } = ledger
  const names = content.files.map((_, index) => objectNames.blob(uidHash, jobId, index))
  if (how.withManifest) names.push(objectNames.manifest(uidHash, jobId))
  for (const name of names) {
    await bucket.delete(name)
    ledger.names.delete(name)
  }
}

function arm(process: Process, troubles: readonly ArmedTrouble[]): void {
  for (const trouble of troubles) process.life.arm(trouble)
}

function processOf(fleet: Fleet, by: number): Process {
  return at(fleet.processes, by) ?? fleet.startProcess()
}

function at<Item>(items: readonly Item[], index: number): Item | undefined {
  return items[index % items.length]
}
