import { isDeepStrictEqual } from 'node:util'
import * as z from 'zod'
import { keys } from '../../src/adapters/redis/keys.ts'
import {
  createNaming,
  inParallel,
  isTerminal,
  parseJobId,
  SHARD_COUNT,
  uidSchema,
} from '../../src/kernel/index.ts'
import { judgeCalls } from '../crash/judge-calls.ts'
import { judgeStaging } from '../crash/judge-staging.ts'
import { judgeMeter } from '../support/judge-meter.ts'
import { readTruth, type StoredTruth } from '../support/stored-truth.ts'
import { until } from '../support/until.ts'
import { clientOf, type Journey, readTexts, type SendDeps } from './send-batch.ts'
import type { SoakStack } from './soak-stack.ts'

export interface Audit {
  /** What broke a law, each in one sentence. */
  readonly faults: readonly string[]
  readonly segments: number
  /** Uploads whose request died with its process: manifest or blobs that a sweep takes. */
  readonly leftToSweep: number
}

const USERS_AT_ONCE = 8

/** Waits until nothing is owed any more, with everything still going wrong. */
export function becomeWhole({ redis, tasks }: SoakStack, withinMs: number): Promise<void> {
  const dueCount = async () => {
    const counts = Array.from({ length: SHARD_COUNT }, (_, shard) => redis.zcard(keys.due(shard)))
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0)
  }
  const liveTasks = () => {
    const { created, ...ends } = tasks.stats.tasks
    return created - Object.values(ends).reduce((sum, count) => sum + count, 0)
  }
  return until(
    'I1, I11: nothing is due and the queue is empty',
    async () => liveTasks() === 0 && (await dueCount()) === 0,
    withinMs,
  )
}

/** Holds everything that is left, seen past the service and through it, to the invariants. */
export async function auditSoak(
  stack: SoakStack,
  deps: Omit<SendDeps, 'onFault'>,
  journeys: readonly Journey[],
): Promise<Audit> {
  const faults: string[] = []
  const naming = createNaming(stack.idSecret)
  const byUser = [...Map.groupBy(journeys, ({ batch }) => batch.uid)]
  const users = await inParallel(byUser, USERS_AT_ONCE, async ([uid, own]) => {
    const onFault = (fault: string) => void faults.push(`${uid}: ${fault}`)
    const user = { uid: uidSchema.parse(uid), uidHash: naming.uidHash(uidSchema.parse(uid)) }
    const truth = await readTruth(stack, user.uidHash)
    faults.push(...(await judgeMeter(stack.redis, user, truth.transcripts)))
    await checkShown({ ...deps, onFault }, uid, own)
    for (const fault of judgeUser(truth, own)) onFault(fault)
    return { truth, own }
  })
  faults.push(...(await checkRecords(stack, journeys)))
  const transcripts = users.flatMap(({ truth }) => truth.transcripts)
  faults.push(...judgeCalls(stack.speech.calls, stack.fleet.deaths, transcripts))
  const orphans = users.map(({ truth, own }) => orphansOf(truth, own))
  faults.push(...orphans.flatMap((each) => each.faults))
  return {
    faults,
    segments: transcripts.length,
    leftToSweep: orphans.reduce((sum, { jobs }) => sum + jobs, 0),
  }
}

/** What the user is shown: each text once, and every end as it was told. */
async function checkShown(deps: SendDeps, uid: string, own: readonly Journey[]): Promise<void> {
  const client = clientOf(deps, uid, uid)
  const found = (await readTexts(client)).toSorted()
  const expected = own.flatMap(({ batch }) => batch.texts).toSorted()
  if (!isDeepStrictEqual(found, expected)) {
    deps.onFault(`I4: the conversations read ${JSON.stringify(found)}`)
  }
  for (const { jobId, seen } of own.flatMap(({ jobs }) => jobs)) {
    const now = await client.status(jobId)
    if (!isDeepStrictEqual(endOf(now), endOf(seen))) {
      deps.onFault(`I2: told ${JSON.stringify(seen)}, now ${JSON.stringify(now)}`)
    }
  }
}

/** All of a status but how its summaries stand: that has a life of its own. */
function endOf(status: unknown): unknown {
  const {
    enrichment: _state,
    enrichment_reason_code: _code,
    ...end
  } = z.record(z.string(), z.unknown()).parse(status)
  return end
}

/** What is durable: a plan a file, a transcript a text, an outcome a job. */
function judgeUser(truth: StoredTruth, own: readonly Journey[]): string[] {
  const faults: string[] = []
  const expected = own.flatMap(({ batch }) => batch.texts).toSorted()
  const stored = truth.transcripts.map(({ text }) => text).toSorted()
  if (!isDeepStrictEqual(stored, expected)) {
    faults.push(`I5: the usage records read ${JSON.stringify(stored)}`)
  }
  if (truth.landed !== expected.length) faults.push(`I4: ${truth.landed} segments on the timeline`)
  if (truth.plans !== expected.length) faults.push(`I4: ${truth.plans} plans`)
  const known = new Set(own.flatMap(({ jobs }) => jobs.map(({ jobId }) => String(jobId))))
  const ended = truth.outcomes.filter((outcome) => 'outcome' in outcome)
  for (const { jobId, outcome } of ended) {
    if (!known.has(jobId)) faults.push(`I4: ${jobId}, which no client knows, ${outcome.status}`)
  }
  if (ended.length !== known.size) faults.push(`I2: ${ended.length} outcomes of ${known.size} jobs`)
  return [...faults, ...judgeStaging(truth, undefined)]
}

function orphansOf(
  truth: StoredTruth,
  own: readonly Journey[],
): { readonly jobs: number; readonly faults: readonly string[] } {
  const jobOf = (name: string) => name.split('/')[2] ?? ''
  const left = new Set(truth.staged.map(jobOf))
  const known = own.flatMap(({ jobs }) => jobs.map(({ jobId }) => String(jobId)))
  const faults = known.filter((id) => left.has(id)).map((id) => `I11: ${id} is done, and staged`)
  const cut = own.reduce((sum, { resent }) => sum + resent, 0)
  if (left.size > cut) faults.push(`I11: ${left.size} uploads are staged and ${cut} were cut`)
  return { jobs: left.size, faults }
}

/** What the store keeps: only jobs that a client knows, all of them ended, nobody at work. */
async function checkRecords(
  { redis, store }: SoakStack,
  journeys: readonly Journey[],
): Promise<readonly string[]> {
  const known = new Set(journeys.flatMap(({ jobs }) => jobs.map(({ jobId }) => String(jobId))))
  const faults: string[] = []
  let jobs = 0
  for (const key of await redis.keys('sd:*')) {
    if (key.includes(':slots:') && (await redis.zcard(key)) > 0) faults.push(`I3: ${key} is taken`)
    const jobId = parseJobId(/:job:(.+)$/.exec(key)?.[1] ?? '')
    const record = jobId && (await store.read(jobId))
    if (!record) continue
    jobs += 1
    if (!isTerminal(record.status)) faults.push(`I1: ${jobId} is ${record.status}`)
    if (!known.has(jobId)) faults.push(`I4: no client knows ${jobId}, which is ${record.status}`)
  }
  if (jobs !== known.size) faults.push(`I1: ${jobs} records of ${known.size} jobs`)
  return faults
}
