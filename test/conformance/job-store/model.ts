import * as fc from 'fast-check'
import { type JobId, type JobRecord, shardOfJob } from '../../../src/kernel/index.ts'
import type { Claim, JobStore, KeyUse, NewJob, Seen } from '../../../src/ports/index.ts'
import {
  aContent,
  aFailure,
  aJob,
  aKey,
  anOutcome,
  aSegment,
  aToken,
  aUid,
  failed,
  LONG_MS,
  landed,
  silent,
} from './fixtures.ts'

/**
 * Random lives of three jobs of one user, two of them with the same content. A step is plain numbers;
 * it is played on any store, which keeps the claims and sightings of its own. Leases and waits are
 * either over at once or outlive the run, so that no step depends on how fast it is played.
 */
export interface Cast {
  readonly jobs: readonly NewJob[]
  readonly tokens: readonly string[]
  readonly segments: readonly ReturnType<typeof aSegment>[]
  readonly keys: readonly KeyUse[]
}

/** One store with what its callers were told so far. */
export interface Stage {
  readonly store: JobStore
  readonly claims: Claim[]
  readonly seen: Map<JobId, Seen[]>
}

export const aStage = (store: JobStore): Stage => ({ store, claims: [], seen: new Map() })

export function aCast(): Cast {
  const uid = aUid()
  const contentId = aContent()
  const [first, twin, other] = [aJob({ uid, contentId }), aJob({ uid, contentId }), aJob({ uid })]
  return {
    jobs: [first, { ...twin, capturedAt: 5 }, { ...other, lane: 'backfill' }],
    tokens: [aToken(), aToken(), aToken()],
    segments: [aSegment(), aSegment(), aSegment()],
    keys: [aKey(), aKey()],
  }
}

const OUTCOMES = [
  anOutcome(),
  aFailure(),
  anOutcome({ status: 'partial_failure', reasonCode: 'sync_cancelled' }),
] as const
const MARKS = [landed, silent, failed] as const

const index = fc.nat({ max: 2 })
const soon = fc.constantFrom(0, LONG_MS)
/** Over so long ago that the job is due as well. */
const lease = fc.constantFrom(-2_000, LONG_MS)
const claimOf = { claim: fc.nat({ max: 2 }), leaseMs: lease }
const seenOf = { job: index, sighting: fc.constantFrom(0, 0, 0, 1) }
const why = { attemptSpent: fc.boolean(), dueInMs: soon, withReason: fc.boolean() }
const step = <Kind extends string, Fields extends object>(
  kind: Kind,
  fields: { [Field in keyof Fields]: fc.Arbitrary<Fields[Field]> },
): fc.Arbitrary<{ kind: Kind } & Fields> =>
  fc.record(fields).map((drawn) => ({ kind, ...(drawn as Fields) }))

const creates = step('create', {
  job: index,
  held: fc.boolean(),
  void: fc.boolean(),
  dueInMs: soon,
  key: fc.option(fc.nat({ max: 1 }), { nil: undefined }),
})
const binds = step('bindKey', { job: index, key: fc.nat({ max: 1 }) })
const claims = step('claim', {
  job: index,
  ahead: fc.constantFrom(0, 0, 0, 0, 1, -1),
  token: index,
  leaseMs: lease,
  userSlots: index,
  slotSnoozeMs: soon,
})
const someMarks = fc.array(fc.tuple(index, index), { maxLength: 3 })
const holds = fc.oneof(
  step('renew', claimOf),
  step('enter', { ...claimOf, total: fc.option(fc.nat({ max: 9 })), marks: someMarks }),
  step('fly', {
    ...claimOf,
    units: fc.uniqueArray(index),
    alone: fc.boolean(),
    free: fc.boolean(),
  }),
  step('wake', { ...claimOf, dueInMs: soon }),
  step('mark', { ...claimOf, marks: someMarks }),
  step('mark', { ...claimOf, marks: someMarks }),
)
const releases = fc.oneof(
  step('requeue', { ...claimOf, ...why }),
  step('continueNext', { ...claimOf, ...why }),
  step('snooze', { ...claimOf, ...why }),
  step('keep', { ...claimOf, ...why }),
)
const ends = fc.oneof(
  step('beginEnding', { ...claimOf, outcome: index }),
  step('overrideEnding', { ...seenOf, outcome: index }),
  step('finalize', { job: index, outcome: index, isSettled: fc.boolean() }),
  step('settle', { job: index }),
)
const others = fc.oneof(
  step('overrideGeneration', { ...seenOf, revival: fc.boolean(), dueInMs: soon }),
  step('postpone', { job: index, dueInMs: soon }),
  step('keepDue', { job: index }),
  step('stalled', { job: index }),
)

export const stepArbitrary = fc.oneof(
  { weight: 3, arbitrary: creates },
  { weight: 1, arbitrary: binds },
  { weight: 6, arbitrary: claims },
  { weight: 5, arbitrary: holds },
  { weight: 3, arbitrary: releases },
  { weight: 2, arbitrary: ends },
  { weight: 2, arbitrary: others },
)
export type Step = typeof stepArbitrary extends fc.Arbitrary<infer Drawn> ? Drawn : never

const pick = <Item>(items: readonly Item[], at: number): Item => {
  const item = items[at % items.length]
  if (item === undefined) throw new Error('nothing to pick from')
  return item
}

/** Plays one step and answers what the store said; undefined when nobody could take it. */
export async function play(cast: Cast, stage: Stage, s: Step): Promise<unknown> {
  if ('claim' in s) return playHolder(cast, stage, s)
  const { store } = stage
  const job = pick(cast.jobs, s.job)
  switch (s.kind) {
    case 'create': {
      const given = { ...job, dueInMs: s.dueInMs }
      const answer = await store.create({
        ...given,
        ...(s.held ? { claim: { token: pick(cast.tokens, s.job), leaseMs: LONG_MS } } : {}),
        ...(s.key === undefined ? {} : { key: pick(cast.keys, s.key) }),
        ...(s.void ? { voidHolder: pick(cast.jobs, s.job + 1).jobId } : {}),
      })
      if (answer.kind === 'created' && answer.claim) stage.claims.push(answer.claim)
      return answer
    }
    case 'bindKey':
      return store.bindKey({ ...pick(cast.keys, s.key), keptMs: LONG_MS }, job)
    case 'claim': {
      const generation = Math.max(0, ((await store.read(job.jobId))?.generation ?? 0) + s.ahead)
      const { leaseMs, userSlots, slotSnoozeMs } = s
      const token = pick(cast.tokens, s.token)
      const request = { jobId: job.jobId, generation, token, leaseMs, userSlots, slotSnoozeMs }
      const answer = await store.claim(request)
      if (answer.kind === 'claimed') stage.claims.push(answer.claim)
      return answer
    }
    case 'overrideEnding': {
      const seen = sighting(stage, job.jobId, s.sighting)
      return seen && store.overrideEnding(job.jobId, seen, pick(OUTCOMES, s.outcome))
    }
    case 'overrideGeneration': {
      const seen = sighting(stage, job.jobId, s.sighting)
      const { revival, dueInMs } = s
      return seen && store.overrideGeneration(job.jobId, seen, { revival, dueInMs })
    }
    case 'finalize':
      return store.finalize(job.jobId, pick(OUTCOMES, s.outcome), { isSettled: s.isSettled })
    case 'settle':
      return store.settle(job.jobId)
    case 'postpone':
      return store.postpone(job.jobId, s.dueInMs)
    case 'keepDue':
      return store.keepDue(job.jobId)
    case 'stalled': {
      // All of them: lives played before have left jobs at work in this shard of the one real store.
      const found = await store.stalled(shardOfJob(job.jobId), { forMs: 0, limit: 100_000 })
      return cast.jobs.map((each) => found.includes(each.jobId))
    }
  }
}

type HolderStep = Extract<Step, { claim: number }>

async function playHolder(cast: Cast, stage: Stage, s: HolderStep): Promise<unknown> {
  const held = stage.claims.at(-1 - s.claim)
  if (!held) return undefined
  const { store } = stage
  const claim = { ...held, leaseMs: s.leaseMs }
  switch (s.kind) {
    case 'renew':
      return store.renew(claim)
    case 'enter': {
      const totalSegments = s.total === null ? {} : { totalSegments: s.total }
      const progress = { stage: 'transcribing' as const, ...totalSegments }
      return store.mark(claim, marksOf(cast, s.marks), { progress })
    }
    case 'mark':
      return store.mark(claim, marksOf(cast, s.marks))
    case 'fly': {
      const units = s.units.map((unit) => pick(cast.segments, unit))
      const acquitted = s.free ? cast.segments.slice(0, 1) : []
      return store.mark(claim, [], { flight: { units, alone: s.alone, acquitted } })
    }
    case 'wake':
      return store.wakeWaiter(claim, pick(cast.jobs, 0).uidHash, s.dueInMs)
    case 'beginEnding':
      return store.beginEnding(claim, pick(OUTCOMES, s.outcome))
    case 'snooze': {
      const reason = s.withReason ? { reasonCode: 'stt_timeout' as const } : {}
      return store.snooze(claim, { waitingFor: 'capacity', forMs: s.dueInMs, ...reason })
    }
    case 'keep': {
      const reason = s.withReason ? { reasonCode: 'stt_upstream_error' as const } : {}
      const { attemptSpent, dueInMs } = s
      const why = { lastError: 'y', waitingFor: 'retry' as const, attemptSpent, dueInMs, ...reason }
      const answer = await store.keep(claim, why)
      if (answer.kind === 'kept') stage.claims.push(answer.claim)
      return answer
    }
    case 'requeue':
    case 'continueNext': {
      const reason = s.withReason ? { reasonCode: 'sync_vad_failed' as const } : {}
      const { attemptSpent, dueInMs } = s
      return store[s.kind](claim, { lastError: 'x', attemptSpent, dueInMs, ...reason })
    }
  }
}

function marksOf(cast: Cast, drawn: readonly (readonly [number, number])[]) {
  return drawn.map(([segment, verdict]) => pick(MARKS, verdict)(pick(cast.segments, segment)))
}

function sighting(stage: Stage, jobId: JobId, ago: number): Seen | undefined {
  return stage.seen.get(jobId)?.at(-1 - ago)
}

/** Everything a caller could see of the cast, in plain values. */
export async function look(cast: Cast, stage: Stage, shard: number): Promise<unknown> {
  const { store } = stage
  const jobs = await Promise.all(
    cast.jobs.map(async ({ jobId, uid, contentId }) => {
      const [record, view, ledger, events, content] = await Promise.all([
        store.read(jobId),
        store.view(jobId),
        store.ledger(jobId),
        store.events(jobId),
        store.contentStanding(uid, contentId),
      ])
      const marks = [...ledger.marks].sort()
      const suspects = [...ledger.suspects].sort()
      const seen = { record, view, marks, suspects, events, content }
      return scrub(seen, remember(stage, jobId, record))
    }),
  )
  const uid = cast.jobs[0]?.uid ?? aUid()
  const keys = await Promise.all(cast.keys.map(({ keyId }) => store.keyHolder(uid, keyId)))
  const own = new Set(cast.jobs.map(({ jobId }) => jobId))
  const due = (await store.due(shard, 10_000)).filter((jobId) => own.has(jobId)).sort()
  return { jobs, due, keys }
}

/** A new record under an old id is another job: what was seen of the old one is forgotten with it. */
function remember(stage: Stage, jobId: JobId, record: JobRecord | undefined): number {
  if (!record) {
    stage.seen.delete(jobId)
    return 0
  }
  const { status, epoch, generation } = record
  const before = stage.seen.get(jobId) ?? []
  stage.seen.set(jobId, [...before, { status, epoch, generation }])
  return before[0]?.epoch ?? epoch
}

const AN_INSTANT = 1_000_000_000_000

/** Two clocks never agree: instants become one word, epochs their distance from the first one. */
export function scrub(value: unknown, firstEpoch?: number): unknown {
  const walk = (inner: unknown, field = ''): unknown => {
    if (field === 'epoch') return firstEpoch === undefined ? 'an epoch' : Number(inner) - firstEpoch
    if (typeof inner === 'number') return inner > AN_INSTANT ? 'an instant' : inner
    if (Array.isArray(inner)) return inner.map((item) => walk(item))
    if (inner instanceof Map) return walk([...inner].sort())
    if (typeof inner !== 'object' || inner === null) return inner
    return Object.fromEntries(Object.entries(inner).map(([key, item]) => [key, walk(item, key)]))
  }
  return walk(value)
}
