import { parseJobId } from '../../src/kernel/index.ts'
import type { ClientStatus } from '../support/app-client.ts'
import { until } from '../support/until.ts'
import { watchJob } from '../support/watch-job.ts'
import type { Cell } from './cell.ts'
import { checkCompleted, checkFailed, type Subject } from './check-end.ts'

/** Epoch ms. */
export interface JobTimes {
  /** The client was told the end. */
  readonly terminalMs: number
  /** Nothing was owed any more. */
  readonly wholeMs: number
  readonly status: ClientStatus['status']
  readonly attempts: number
}

const TERMINAL_WITHIN_MS = 30_000
/** An inline job has no task whose redelivery would clean up at once: recovery does, after 30 s. */
const WHOLE_WITHIN_MS = 45_000
/** A clean-up that goes as it should is over by then. */
const CLEANED_SOON_MS = 2_500

/** Sends the upload until it is accepted as a job of its own, and follows that to its end. */
export async function runToEnd(cell: Cell): Promise<JobTimes> {
  const jobId = await upload(cell)
  if (jobId === cell.subject?.jobId) cell.faults.push('I7: a failed upload was not taken again')
  const { lane, client, uidHash, sample, texts, scenario, faults } = cell
  const subject: Subject = {
    lane,
    client,
    uidHash,
    jobId,
    segments: sample.segments,
    files: sample.files.length,
    texts,
    failedBefore: cell.subject ? 1 : 0,
    isCancelled: scenario.isCancelled === true,
  }
  cell.subject = subject
  if (subject.failedBefore === 0) await scenario.onAccepted?.(subject)
  let terminalMs = 0
  const watch = watchJob({
    ...subject,
    mayForget: scenario.forgets === true,
    mayFail: scenario.mayFail === true && subject.failedBefore === 0,
    onTerminal: async (seen) => {
      terminalMs = lane.clock.now()
      const check = seen.status === 'completed' ? checkCompleted : checkFailed
      faults.push(...(await check(subject, seen)))
    },
    onLie: (lie) => void faults.push(lie),
  })
  cell.watches.push(watch)
  const { status, attempt } = await inTime('I8: terminal', watch.terminal, TERMINAL_WITHIN_MS)
  const wholeMs = await becomeWhole(cell, subject)
  if (scenario.onEnded && status === 'completed') {
    await scenario.onEnded(subject)
    cell.subject = { ...subject, isErased: true }
  }
  return { terminalMs, wholeMs, status, attempts: attempt }
}

/** Sends the same bytes once more, when they are done: the same job answers, and nothing is left. */
export async function sendAgain(cell: Cell, subject: Subject): Promise<number> {
  const jobId = await upload(cell)
  if (jobId !== subject.jobId) cell.faults.push('I7: the same bytes became a second job')
  return becomeWhole(cell, subject)
}

async function upload(cell: Cell) {
  const { jobId, tries } = await cell.client.upload(cell.sample.files)
  if (tries > 1) cell.wasCut = true
  const parsed = parseJobId(jobId)
  if (!parsed) throw new Error(`${jobId} is no job id`)
  return parsed
}

/** @returns when the job owed nothing any more, in epoch ms */
async function becomeWhole({ lane, onIdle }: Cell, { jobId, uidHash }: Subject): Promise<number> {
  const isWhole = async () => {
    const record = await lane.store.read(jobId)
    if (!record || !('settled' in record) || !record.settled) return false
    return (await lane.staging.list(`staging/${uidHash}/${jobId}/`)).length === 0
  }
  const soon = await until('cleaned up', isWhole, CLEANED_SOON_MS).then(
    () => true,
    () => false,
  )
  if (!soon) {
    onIdle()
    await until('I11: the clean-up is done', isWhole, WHOLE_WITHIN_MS)
  }
  return lane.clock.now()
}

async function inTime<T>(fact: string, done: Promise<T>, withinMs: number): Promise<T> {
  let isDone = false
  void done.then(() => {
    isDone = true
  })
  await Promise.race([done, until(fact, () => isDone, withinMs)])
  return done
}
