import { isDeepStrictEqual } from 'node:util'
import { keys } from '../../src/adapters/redis/keys.ts'
import {
  type JobId,
  objectNames,
  shardOfJob,
  TASK_SCHEMA_VERSION,
  type UidHash,
} from '../../src/kernel/index.ts'
import type { AppClient, ClientStatus, LandedSegment } from '../support/app-client.ts'
import { readTruth, type StoredTruth } from '../support/stored-truth.ts'
import type { Lane } from './lane.ts'

export interface Subject {
  readonly lane: Lane
  readonly client: AppClient
  readonly uidHash: UidHash
  readonly jobId: JobId
  readonly segments: number
  readonly files: number
  /** From an undisturbed run; absent while that is being made. */
  readonly texts: readonly string[] | undefined
  /** Jobs that the same bytes were before, and failed. */
  readonly failedBefore: number
  /** It was taken back before a word was read. */
  readonly isCancelled?: boolean
  /** The client deleted every conversation: no word of them may be left. */
  readonly isErased?: boolean
}

/** At the first `completed` that a client saw: it is durable and every text can be read (I6). */
export async function checkCompleted(subject: Subject): Promise<string[]> {
  const { lane, uidHash, jobId, segments } = subject
  const truth = await readTruth(lane, uidHash)
  const faults: string[] = []
  if (!truth.outcomes.some((outcome) => outcome.jobId === jobId)) {
    faults.push('I1: a terminal status was shown before its outcome was durable')
  }
  if (truth.transcripts.length !== segments || truth.landed !== segments) {
    faults.push(
      `I6: completed with ${truth.transcripts.length} transcripts and ${truth.landed} landed of ${segments}`,
    )
  }
  return [...faults, ...checkTexts(await readSegments(subject.client), subject)]
}

/** A failure is durable, says why, and has counts that add up (I7, I12). */
export async function checkFailed(subject: Subject, seen: ClientStatus): Promise<string[]> {
  const { lane, uidHash, jobId, segments } = subject
  const truth = await readTruth(lane, uidHash)
  const faults: string[] = []
  if (!truth.outcomes.some((outcome) => outcome.jobId === jobId)) {
    faults.push('I1: a terminal status was shown before its outcome was durable')
  }
  if (!seen.reason_code || !seen.error) faults.push('I12: a failure without its reason')
  const counted = seen.successful_segments + seen.silent_segments + seen.failed_segments
  if (counted !== segments || seen.failed_segments === 0) {
    faults.push(`I7: a failure with wrong counts: ${JSON.stringify(seen)}`)
  }
  return faults
}

/** Every text stands once, under an id of its own (I4, I6). */
function checkTexts(landed: readonly LandedSegment[], subject: Subject): string[] {
  const found = landed.map(({ text }) => text).sort()
  const expected = subject.texts?.toSorted() ?? [...new Set(found)]
  const ids = new Set(landed.map(({ id }) => id))
  if (isDeepStrictEqual(found, expected) && ids.size === subject.segments) return []
  return [`I4: the conversations read ${JSON.stringify(found)}`]
}

/** Nobody is shown a word of what was taken back or deleted, and none is kept. */
function checkSilence(landed: readonly LandedSegment[], { transcripts }: StoredTruth): string[] {
  const kept = transcripts.filter(({ text }) => text !== '').map(({ segmentId }) => segmentId)
  return [
    ...(landed.length > 0 ? [`F44: unwanted, yet shown: ${JSON.stringify(landed)}`] : []),
    ...(kept.length > 0 ? [`F44: the words of ${kept.join(', ')} were kept`] : []),
  ]
}

/** When all is said and done: nothing owed, nothing twice, and nobody changes it any more. */
export async function checkEnd(subject: Subject): Promise<string[]> {
  const { lane, uidHash, jobId } = subject
  const truth = await readTruth(lane, uidHash)
  const landed = await readSegments(subject.client)
  const { isCancelled, isErased } = subject
  const { plans, segments, status } = isCancelled
    ? { plans: 0, segments: 0, status: 'failed' }
    : { plans: subject.files, segments: subject.segments, status: 'completed' }
  const faults = isCancelled || isErased ? checkSilence(landed, truth) : checkTexts(landed, subject)
  if (truth.plans !== plans) faults.push(`I4: ${truth.plans} plans of ${plans} files`)
  if (truth.transcripts.length !== segments) {
    faults.push(`I5: ${truth.transcripts.length} usage records of ${segments} segments`)
  }
  const outcome = truth.outcomes.find((each) => each.jobId === jobId)
  if (truth.outcomes.length !== 1 + subject.failedBefore || !outcome || !('outcome' in outcome)) {
    faults.push(`I2: outcomes are ${JSON.stringify(truth.outcomes)}`)
  } else if (outcome.outcome.status !== status) {
    faults.push(`I6: its outcome is ${outcome.outcome.status}`)
  }
  const shard = keys.due(shardOfJob(jobId))
  const slots = shard.replace(/due$/, `slots:${uidHash}`)
  if ((await lane.redis.zscore(shard, jobId)) !== null) faults.push('I1: it is still due')
  if ((await lane.redis.zcard(slots)) > 0) faults.push('I3: its slot is still taken')
  return [...faults, ...(await checkUnmoved(subject))]
}

/** Polls, a redelivery and a stranger's call change nothing (I2, I9, I10). */
async function checkUnmoved(subject: Subject): Promise<string[]> {
  const { lane, client, jobId } = subject
  const faults: string[] = []
  const before = await recordOf(subject)
  for (let i = 0; i < 3; i += 1) await client.status(jobId)
  if (!isDeepStrictEqual(before, await recordOf(subject))) faults.push('I9: polling wrote')
  const stranger = await deliver(subject, undefined)
  if (stranger !== 403) faults.push(`I10: a call without a token was answered ${stranger}`)
  const again = await deliver(subject, lane.mintTaskToken())
  if (again !== 200) faults.push(`F40: a redelivery of a settled job was answered ${again}`)
  if (!isDeepStrictEqual(before, await recordOf(subject))) {
    faults.push('I2: a redelivery changed a settled job')
  }
  return faults
}

async function deliver({ lane, uidHash, jobId }: Subject, token: string | undefined) {
  const answer = await fetch(`${lane.api}/v2/sync-jobs/run`, {
    method: 'POST',
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    body: JSON.stringify({
      schema_version: TASK_SCHEMA_VERSION,
      job_id: jobId,
      uid_shard: shardOfJob(jobId),
      generation: 0,
      manifest: objectNames.manifest(uidHash, jobId),
    }),
  })
  await answer.arrayBuffer()
  return answer.status
}

/** Everything the store keeps of the job. */
async function recordOf({ lane, jobId }: Subject) {
  const { redis } = lane
  return {
    job: await redis.hgetall(keys.job(jobId)),
    view: await redis.get(keys.view(jobId)),
    marks: await redis.hgetall(keys.marks(jobId)),
    events: await redis.xlen(keys.events(jobId)),
    due: await redis.zscore(keys.due(shardOfJob(jobId)), jobId),
  }
}

async function readSegments(client: AppClient): Promise<readonly LandedSegment[]> {
  for (let tries = 0; tries < 200; tries += 1) {
    const landed = await client.segments()
    if (landed) return landed
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('the conversations could not be read')
}
