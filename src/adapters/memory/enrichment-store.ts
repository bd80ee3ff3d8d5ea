import { enrichmentIdOf } from '../../kernel/index.ts'
import type {
  Clock,
  EnrichmentClaimRequest,
  EnrichmentClaimResult,
  EnrichmentStore,
  HolderResult,
} from '../../ports/index.ts'
import {
  createWorkShelf,
  joined,
  letGo,
  newWork,
  recordOf,
  type Work,
  type WorkShelf,
} from './enrichment-shelf.ts'

/** Ended work whose listeners may not know yet is looked at again after this. */
const OWED_DUE_MS = 30_000

/** The second stage's store in one process, with the answers of the one on Redis. */
export function createMemoryEnrichmentStore(deps: {
  readonly clock: Pick<Clock, 'now'>
}): EnrichmentStore {
  const shelf = createWorkShelf(deps.clock)
  return {
    announce: async (given) => {
      const id = enrichmentIdOf(given)
      const known = shelf.find(id)
      const work = known ?? newWork(given, id, shelf.now())
      const listeners = joined(work.listeners, given.listeners)
      return shelf.put({ ...work, listeners }, known ? undefined : given.dueInMs)
    },
    read: async (id) => {
      const work = shelf.find(id)
      return work && recordOf(work)
    },
    claim: async (request) => {
      const work = shelf.find(request.id)
      if (!work) return { kind: 'missing' }
      return refusal(shelf, work, request) ?? grant(shelf, work, request)
    },
    ...createHolderWrites(shelf),
    settle: async (id) => {
      const work = shelf.find(id)
      if (!work || work.status === 'ended') shelf.forget(id)
    },
    overrideGeneration: async (id, seen, dueInMs) => {
      const work = shelf.find(id)
      if (!work) return { kind: 'missing' }
      const isSame =
        work.status === seen.status &&
        work.epoch === seen.epoch &&
        work.generation === seen.generation
      const isLive = work.status === 'running' && work.leaseUntil > shelf.now()
      if (work.status === 'ended' || !isSame || isLive) return { kind: 'raced' }
      const generation = work.generation + 1
      shelf.put({ ...letGo(work, undefined), status: 'pending', generation }, dueInMs)
      return { kind: 'done', generation }
    },
    due: async (shard, limit) => shelf.due(shard, limit),
    postpone: async (id, dueInMs) => {
      if (shelf.find(id)) shelf.lookAgainIn(id, dueInMs)
      else shelf.forget(id)
    },
  }
}

function isHolder(work: Work, { token }: EnrichmentClaimRequest): boolean {
  return work.status === 'running' && work.token === token
}

function refusal(
  shelf: WorkShelf,
  work: Work,
  request: EnrichmentClaimRequest,
): EnrichmentClaimResult | undefined {
  const { status, generation, leaseUntil } = work
  if (status === 'ended') return { kind: 'ended', record: recordOf(work) }
  if (isHolder(work, request)) return undefined
  if (request.generation < generation) return { kind: 'stale_generation', generation }
  return status === 'running' && leaseUntil > shelf.now()
    ? { kind: 'locked', leaseUntil }
    : undefined
}

function grant(
  shelf: WorkShelf,
  work: Work,
  request: EnrichmentClaimRequest,
): EnrichmentClaimResult {
  const { id, token, leaseMs, generation } = request
  const attempt = work.attempt + 1
  const epoch = work.epoch + 1
  const granted: Work = isHolder(work, request)
    ? work
    : { ...work, status: 'running', token, generation, attempt, epoch, letGoBy: undefined }
  const record = shelf.hold(granted, leaseMs)
  const claim = { id, token, leaseMs, generation: record.generation, attempt: record.attempt }
  return { kind: 'claimed', claim, record }
}

/** Writes that name the claim's token; equality is demanded. */
function createHolderWrites(
  shelf: WorkShelf,
): Pick<EnrichmentStore, 'renew' | 'release' | 'finish'> {
  return {
    renew: async (claim): Promise<HolderResult> => {
      const work = shelf.held(claim)
      if (!work) return 'lost'
      shelf.hold(work, claim.leaseMs)
      return 'ok'
    },
    release: async (claim, why) => {
      const known = shelf.find(claim.id)
      if (known?.status === 'pending' && known.letGoBy === claim.token) {
        return { kind: 'queued', generation: known.generation }
      }
      const work = shelf.held(claim)
      if (!work) return { kind: 'lost' }
      const { lastError, dueInMs } = why
      const generation = work.generation + (why.nextGeneration ? 1 : 0)
      const attempt = work.attempt - (why.attemptSpent ? 0 : 1)
      const free = { ...letGo(work, claim.token), generation, attempt, lastError }
      shelf.put({ ...free, status: 'pending' }, dueInMs)
      return { kind: 'queued', generation }
    },
    finish: async (claim, end): Promise<HolderResult> => {
      const known = shelf.find(claim.id)
      if (known?.status === 'ended') return known.letGoBy === claim.token ? 'ok' : 'lost'
      const work = shelf.held(claim)
      if (!work) return 'lost'
      shelf.put({ ...letGo(work, claim.token), status: 'ended', end }, OWED_DUE_MS)
      return 'ok'
    },
  }
}
