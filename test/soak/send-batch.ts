import { setTimeout as delay } from 'node:timers/promises'
import { type JobId, parseJobId } from '../../src/kernel/index.ts'
import { type AppClient, type ClientStatus, createAppClient } from '../support/app-client.ts'
import { watchJob } from '../support/watch-job.ts'
import type { Batch } from './batches.ts'
import type { Pace } from './paces.ts'

/** What the app did with one batch, and what it was told. */
export interface Journey {
  readonly batch: Batch
  /** The jobs it was, with the end that each was told to have; all but the last failed. */
  readonly jobs: readonly ToldEnd[]
  /** Requests that came to nothing. */
  readonly resent: number
  /** Epoch ms of the first 202. */
  readonly acceptedMs: number
  readonly terminalMs: number
}

export interface ToldEnd {
  readonly jobId: JobId
  readonly seen: ClientStatus
}

export interface SendDeps {
  readonly api: string
  readonly pace: Pace
  readonly now: () => number
  /** Told of whatever broke a law. */
  readonly onFault: (fault: string) => void
}

const ANSWER_WITHIN_MS = 60_000
const ACCEPTED_WITHIN_MS = 300_000
/** An app gives up on no recording; a service that fails one so often is broken. */
const MOST_ROUNDS = 8
const READ_AGAIN_MS = 100
const MOST_READS = 300

export function clientOf(deps: SendDeps, uid: string, name: string): AppClient {
  return createAppClient({
    api: deps.api,
    uid,
    onLie: (lie) => deps.onFault(`${name}: ${lie}`),
    mayBeUnavailable: true,
    answerWithinMs: ANSWER_WITHIN_MS,
    acceptedWithinMs: ACCEPTED_WITHIN_MS,
  })
}

/** As the app does: sends until accepted, polls to the end, and after a failure sends again. */
export async function sendBatch(deps: SendDeps, batch: Batch): Promise<Journey> {
  const client = clientOf(deps, batch.uid, `batch ${batch.number}`)
  const jobs: ToldEnd[] = []
  let resent = 0
  let acceptedMs = 0
  while (jobs.length < MOST_ROUNDS) {
    const twin = batch.isDoubled && jobs.length === 0 ? client.upload(batch.files) : undefined
    const [first, second] = await Promise.all([client.upload(batch.files), twin])
    acceptedMs ||= deps.now()
    resent += first.tries - 1 + (second ? second.tries - 1 : 0)
    if (second && second.jobId !== first.jobId) {
      deps.onFault(`I4: batch ${batch.number}: the same bytes became two jobs`)
    }
    const jobId = parseJobId(first.jobId)
    if (!jobId) throw new Error(`${first.jobId} is no job id`)
    if (jobs.some((job) => job.jobId === jobId)) {
      deps.onFault(`I7: batch ${batch.number}: a failed upload was not taken again`)
    }
    const seen = await follow(deps, client, batch, jobId)
    jobs.push({ jobId, seen })
    if (seen.status === 'completed') {
      return { batch, jobs, resent, acceptedMs, terminalMs: deps.now() }
    }
  }
  throw new Error(`batch ${batch.number} failed ${MOST_ROUNDS} times`)
}

/** Polls until the client is told an end, and judges that. */
async function follow(
  deps: SendDeps,
  client: AppClient,
  { number, texts }: Batch,
  jobId: JobId,
): Promise<ClientStatus> {
  const onFault = (fault: string) => deps.onFault(`batch ${number}, ${jobId}: ${fault}`)
  const watch = watchJob({
    client,
    jobId,
    segments: texts.length,
    mayForget: false,
    mayGrow: true,
    mayFail: true,
    pollMs: deps.pace.pollMs,
    onLie: onFault,
    onTerminal: async (seen) => {
      if (seen.status === 'completed') return checkReadable(client, texts, onFault)
      if (!seen.reason_code || !seen.error) onFault('I12: a failure without its reason')
    },
  })
  const late = new AbortController()
  try {
    return await Promise.race([
      watch.terminal,
      delay(deps.pace.terminalWithinMs, undefined, { signal: late.signal }).then(() => {
        throw new Error(`I8: ${jobId} was not terminal in ${deps.pace.terminalWithinMs} ms`)
      }),
    ])
  } finally {
    late.abort()
    await watch.stop()
  }
}

/** The client deletes its recording now: every text must be there to read (I6). */
async function checkReadable(
  client: AppClient,
  texts: readonly string[],
  onFault: (fault: string) => void,
): Promise<void> {
  const found = await readTexts(client)
  for (const text of texts) {
    const times = found.filter((each) => each === text).length
    if (times !== 1) onFault(`I6: completed, and '${text}' can be read ${times} times`)
  }
}

/** Every text of a user's conversations, read until the stores answer. */
export async function readTexts(client: AppClient): Promise<readonly string[]> {
  for (let tries = 0; tries < MOST_READS; tries += 1) {
    const landed = await client.segments()
    if (landed) return landed.map(({ text }) => text)
    await delay(READ_AGAIN_MS)
  }
  throw new Error('the conversations could not be read')
}
