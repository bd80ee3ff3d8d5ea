import { describe, expect, test } from 'vitest'
import { findStatus, projectStatus, watchStatus } from '../../../src/status/index.ts'
import { acceptedJob } from '../../support/accepted-job.ts'
import type { World } from '../../support/world.ts'

const CLOCK_SKEW_MS = 3_000
const LEASE_MS = 15_000
const depsOf = ({ store, archive, clock }: World) => ({
  ...{ store, archive, clock },
  clockSkewMs: CLOCK_SKEW_MS,
})

async function workedOn() {
  const { world, jobId } = await acceptedJob()
  const claim = {
    ...{ jobId, generation: 0, token: 't', leaseMs: LEASE_MS },
    ...{ userSlots: 0, slotSnoozeMs: 0 },
  }
  const granted = await world.records.claim(claim)
  if (granted.kind !== 'claimed') throw new Error('not claimed')
  const poll = async () => {
    const found = await findStatus(depsOf(world), world.uidHash, jobId)
    if (found.kind !== 'found') throw new Error(found.kind)
    return projectStatus(found.view, world.clock.now(), world.delivery.pace)
  }
  return { world, jobId, poll, claim: granted.claim }
}

describe('a poll of a job whose worker died', () => {
  test('shows queued once its lease lapsed, since when it waits, and changes nothing (I9)', async () => {
    const { world, jobId, poll } = await workedOn()
    expect(await poll()).toMatchObject({ status: 'processing' })
    const record = await world.records.read(jobId)
    await world.clock.advance(LEASE_MS + CLOCK_SKEW_MS)
    expect(await poll()).toMatchObject({ status: 'processing' })
    await world.clock.advance(1)
    expect(await poll()).toMatchObject({
      ...{ status: 'queued', waiting_for: 'retry' },
      waiting_since: new Date(world.clock.now() - CLOCK_SKEW_MS - 1).toISOString(),
    })
    expect(await world.records.read(jobId)).toEqual(record)
  })

  test('shows processing for as long as its worker renews', async () => {
    const { world, poll, claim } = await workedOn()
    for (let renewals = 0; renewals < 10; renewals += 1) {
      await world.clock.advance(5_000)
      await world.records.renew(claim)
      expect(await poll()).toMatchObject({ status: 'processing' })
    }
  })

  test('says nothing of the lease itself', async () => {
    const { world, jobId } = await workedOn()
    const found = await findStatus(depsOf(world), world.uidHash, jobId)
    expect(found).toMatchObject({ kind: 'found' })
    expect(JSON.stringify(found)).not.toContain('lease')
  })

  test('shows processing where only its end is still to be written', async () => {
    const { world, jobId, poll } = await workedOn()
    const seen = await world.records.read(jobId)
    const manifest = await world.archive.readManifest(world.uidHash, jobId)
    if (!seen || !manifest) throw new Error('nothing to end')
    const { overrideEnding } = world.records
    const segments = { total: 0, successful: 0, silent: 0, failed: 0 }
    const lists = { newMemories: [], updatedMemories: [], errors: [] }
    await overrideEnding(jobId, seen, { status: 'completed', segments, ...lists, endedAt: 1 })
    await world.clock.advance(60_000)
    expect(await poll()).toMatchObject({ status: 'processing' })
  })
})

test('a stream tells a renewal to nobody, and a lapsed lease at once (I9)', async () => {
  const { world, jobId, claim } = await workedOn()
  const gone = new AbortController()
  const deps = { ...depsOf(world), intervalMs: 1_000 }
  const told: string[] = []
  const watching = (async () => {
    for await (const view of watchStatus(deps, world.uidHash, jobId, gone.signal)) {
      told.push(view.status)
    }
  })()
  for (let seconds = 0; seconds < 10; seconds += 1) {
    await world.clock.advance(1_000)
    await world.records.renew(claim)
  }
  expect(told).toEqual(['processing'])
  await world.clock.advance(LEASE_MS + CLOCK_SKEW_MS + 1_000)
  expect(told).toEqual(['processing', 'queued'])
  gone.abort()
  await world.clock.advance(1_000)
  await watching
})
