import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  conversationIdSchema,
  enrichmentIdOf,
  revisionSchema,
  shardOfEnrichment,
  uidHashSchema,
} from '../../src/kernel/index.ts'
import type { EnrichmentClaim, EnrichmentStore, NewEnrichment } from '../../src/ports/index.ts'
import { aJobId, aToken, aUid, LONG_MS, SHORT_MS } from './job-store/fixtures.ts'

interface Harness {
  readonly store: EnrichmentStore
  now(): Promise<number>
  lapse(ms: number): Promise<void>
}

const hex = (bytes: number) => randomBytes(bytes).toString('hex')
const aConversation = () => conversationIdSchema.parse(`20260131-${hex(20)}`)

function aWork(given: Partial<NewEnrichment> = {}): NewEnrichment {
  return {
    uidHash: uidHashSchema.parse(hex(16)),
    conversationId: aConversation(),
    revision: revisionSchema.parse(hex(20)),
    lane: 'fresh',
    listeners: [],
    dueInMs: LONG_MS,
    ...given,
  }
}

const aListener = () => ({ jobId: aJobId(aUid()), conversationId: aConversation() })

async function claimed(
  store: EnrichmentStore,
  work: NewEnrichment,
  given: { generation?: number; leaseMs?: number; token?: string } = {},
): Promise<EnrichmentClaim> {
  const answer = await store.claim({
    ...{ id: enrichmentIdOf(work), generation: 0, token: aToken(), leaseMs: LONG_MS },
    ...given,
  })
  if (answer.kind !== 'claimed') throw new Error(`the claim answered ${answer.kind}`)
  return answer.claim
}

const RELEASE = { lastError: 'it "broke"', attemptSpent: true, nextGeneration: false, dueInMs: 0 }

/** What every store of the second stage keeps. */
export function enrichmentStoreContract(name: string, make: () => Promise<Harness>): void {
  describe(name, () => {
    it('keeps one record a revision, and every listener of every announcement', async () => {
      const { store } = await make()
      const [one, other] = [aListener(), aListener()]
      const work = aWork({ listeners: [one] })
      const first = await store.announce(work)
      expect(first).toMatchObject({
        id: enrichmentIdOf(work),
        ...{ status: 'pending', generation: 0, attempt: 0, lane: 'fresh' },
        uidHash: work.uidHash,
        conversationId: work.conversationId,
        revision: work.revision,
        listeners: [one],
      })
      const again = await store.announce({ ...work, listeners: [other, one] })
      expect(again.epoch).toBe(first.epoch)
      expect(again.listeners).toHaveLength(2)
      expect(again.listeners).toEqual(expect.arrayContaining([one, other]))
      expect(await store.read(first.id)).toEqual(again)
    })

    it('grants one live lease at a time, and the same token the same again (I3)', async () => {
      const { store } = await make()
      const work = aWork()
      await store.announce(work)
      const claim = await claimed(store, work)
      expect(claim).toMatchObject({ generation: 0, attempt: 1 })
      expect(await claimed(store, work, { token: claim.token })).toEqual(claim)
      const request = { id: claim.id, generation: 0, token: aToken(), leaseMs: LONG_MS }
      expect(await store.claim(request)).toMatchObject({ kind: 'locked' })
      expect(await store.read(claim.id)).toMatchObject({ status: 'running', attempt: 1 })
    })

    it('gives lapsed work to the next who asks, and refuses the dead one everything (F29)', async () => {
      const { store, lapse } = await make()
      const work = aWork()
      await store.announce(work)
      const dead = await claimed(store, work, { leaseMs: SHORT_MS })
      await lapse(SHORT_MS + 10)
      const heir = await claimed(store, work)
      expect(heir.attempt).toBe(2)
      expect(await store.renew(dead)).toBe('lost')
      expect(await store.finish(dead, { verdict: 'done' })).toBe('lost')
      expect(await store.release(dead, RELEASE)).toEqual({ kind: 'lost' })
      expect(await store.renew(heir)).toBe('ok')
    })

    it('renews a lapsed lease that nobody took', async () => {
      const { store, lapse } = await make()
      const work = aWork()
      await store.announce(work)
      const claim = await claimed(store, work, { leaseMs: SHORT_MS })
      await lapse(SHORT_MS + 10)
      expect(await store.renew({ ...claim, leaseMs: LONG_MS })).toBe('ok')
      const request = { id: claim.id, generation: 0, token: aToken(), leaseMs: LONG_MS }
      expect(await store.claim(request)).toMatchObject({ kind: 'locked' })
    })

    it('takes work back, counts the attempt or not, and answers a resent release alike', async () => {
      const { store } = await make()
      const work = aWork()
      await store.announce(work)
      const first = await claimed(store, work)
      expect(await store.release(first, RELEASE)).toEqual({ kind: 'queued', generation: 0 })
      expect(await store.release(first, RELEASE)).toEqual({ kind: 'queued', generation: 0 })
      expect(await store.read(first.id)).toMatchObject({
        ...{ status: 'pending', attempt: 1, generation: 0, lastError: 'it "broke"' },
      })
      const second = await claimed(store, work)
      const given = { ...RELEASE, attemptSpent: false, nextGeneration: true }
      expect(await store.release(second, given)).toEqual({ kind: 'queued', generation: 1 })
      expect(await store.release(second, given)).toEqual({ kind: 'queued', generation: 1 })
      expect(await store.read(first.id)).toMatchObject({ attempt: 1, generation: 1 })
    })

    it('turns an older generation away, and lets a newer one lift the record', async () => {
      const { store } = await make()
      const work = aWork()
      await store.announce(work)
      const claim = await claimed(store, work, { generation: 2 })
      expect(claim.generation).toBe(2)
      await store.release(claim, RELEASE)
      const request = { id: claim.id, generation: 1, token: aToken(), leaseMs: LONG_MS }
      expect(await store.claim(request)).toEqual({ kind: 'stale_generation', generation: 2 })
    })

    it('never runs ended work again, and forgets it only then', async () => {
      const { store } = await make()
      const listener = aListener()
      const work = aWork({ listeners: [listener] })
      const { id } = await store.announce(work)
      const claim = await claimed(store, work)
      await store.settle(id)
      expect(await store.read(id)).toMatchObject({ status: 'running' })
      const end = { verdict: 'failed', reasonCode: 'enrichment_timeout' } as const
      expect(await store.finish(claim, end)).toBe('ok')
      expect(await store.finish(claim, end)).toBe('ok')
      expect(await store.renew(claim)).toBe('lost')
      const request = { id, generation: 5, token: aToken(), leaseMs: LONG_MS }
      const record = expect.objectContaining({ status: 'ended', end, listeners: [listener] })
      expect(await store.claim(request)).toEqual({ kind: 'ended', record })
      await store.settle(id)
      expect(await store.read(id)).toBeUndefined()
      expect(await store.claim(request)).toEqual({ kind: 'missing' })
      await store.settle(id)
    })

    it('moves work nobody holds to its next generation, if it looks as it was seen (F45)', async () => {
      const { store, lapse } = await make()
      const work = aWork()
      const seen = await store.announce(work)
      expect(await store.overrideGeneration(seen.id, seen, LONG_MS)).toEqual({
        ...{ kind: 'done', generation: 1 },
      })
      expect(await store.overrideGeneration(seen.id, seen, LONG_MS)).toEqual({ kind: 'raced' })
      const claim = await claimed(store, work, { generation: 1, leaseMs: SHORT_MS })
      const held = await store.read(seen.id)
      if (!held) throw new Error('the work is gone')
      expect(await store.overrideGeneration(seen.id, held, LONG_MS)).toEqual({ kind: 'raced' })
      await lapse(SHORT_MS + 10)
      expect(await store.overrideGeneration(seen.id, held, LONG_MS)).toMatchObject({ kind: 'done' })
      expect(await store.renew(claim)).toBe('lost')
      const gone = enrichmentIdOf(aWork())
      expect(await store.overrideGeneration(gone, held, LONG_MS)).toEqual({ kind: 'missing' })
    })

    it('answers what is due in a shard, and drops what is not there', async () => {
      const { store, lapse } = await make()
      const work = aWork({ dueInMs: 0 })
      const { id } = await store.announce(work)
      const shard = shardOfEnrichment(id)
      const due = () => store.due(shard, 10)
      expect(await due()).toEqual([id])
      expect(await store.due((shard + 1) % 64, 10)).toEqual([])
      const claim = await claimed(store, work)
      expect(await due()).toEqual([])
      await store.release(claim, RELEASE)
      expect(await due()).toEqual([id])
      await store.postpone(id, LONG_MS)
      expect(await due()).toEqual([])
      await store.postpone(id, 0)
      await store.finish(await claimed(store, work), { verdict: 'done' })
      expect(await due()).toEqual([])
      await store.settle(id)
      await store.postpone(id, 0)
      await lapse(2)
      expect(await due()).toEqual([])
    })
  })
}
