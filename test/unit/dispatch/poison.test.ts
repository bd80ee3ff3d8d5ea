import { describe, expect, test } from 'vitest'
import { createTurns } from '../../../src/dispatch/index.ts'
import type { FlightNote } from '../../../src/ports/index.ts'
import { toneName, tones } from '../../support/tones.ts'
import { createWorld, type World } from '../../support/world.ts'

const HOUR_MS = 3_600_000
const LEASE_OVER_MS = 16_000
const KILLER = 666
const forever = () => new Promise<never>(() => undefined)

/** A file with one segment of each of these tones; the killer stops its worker for ever. */
async function worldOf(levels: readonly number[]) {
  const notes: FlightNote[] = []
  const counts = { steps: 0 }
  let dead = false
  // Of the process that runs now: a dead one's turns are nobody's.
  let turns = createTurns()
  const wired = createWorld({
    store: (store) => ({
      ...store,
      // A dead worker renews no lease.
      renew: (claim) => (dead ? forever() : store.renew(claim)),
      mark: (claim, marks, also) => {
        counts.steps += 1
        if (also?.flight) notes.push(also.flight)
        return store.mark(claim, marks, also)
      },
    }),
    transcribe: async ({ pcm }) => {
      if (dead) return forever()
      if (pcm[0] === KILLER) {
        dead = true
        return forever()
      }
      return { text: `tone ${pcm[0]}`, words: [] }
    },
    deps: {
      maxFruitlessAttempts: 20,
      turns: { take: (...of) => turns.take(...of), giveBack: (...of) => turns.giveBack(...of) },
    },
  })
  const start = wired.clock.now() - 10 * HOUR_MS
  const files = levels.map(
    (level, at) => [toneName(start + at * HOUR_MS), tones([level, 2])] as const,
  )
  const { jobId } = await wired.upload(Object.fromEntries(files))
  const attempt = async () => {
    dead = false
    turns = createTurns()
    const run = wired.deliver(jobId)
    const ended = await Promise.race([run, died(() => dead)])
    await wired.clock.advance(LEASE_OVER_MS)
    return ended
  }
  return { world: wired, jobId, attempt, notes, counts }
}

async function died(isDead: () => boolean): Promise<'died'> {
  await expect.poll(isDead, { timeout: 5_000 }).toBe(true)
  return 'died'
}

const segmentsOf = async (world: World, jobId: Parameters<World['records']['read']>[0]) =>
  (await world.records.read(jobId))?.segments

describe('a segment that kills its worker', () => {
  test('is failed after three deaths alone, and the rest land (F33, F34)', async () => {
    const { world, jobId, attempt, notes } = await worldOf([100, KILLER, 300, 400])
    for (let death = 0; death < 4; death += 1) expect(await attempt()).toBe('died')
    expect(await segmentsOf(world, jobId)).toMatchObject({ successful: 3, failed: 0 })
    expect(await attempt()).toMatchObject({ body: { job_status: 'partial_failure' } })
    expect(await world.records.read(jobId)).toMatchObject({
      segments: { total: 4, successful: 3, failed: 1 },
      outcome: { reasonCode: 'sync_worker_lost' },
    })
    const lone = notes.filter((note) => note.alone)
    expect(lone.length).toBeGreaterThanOrEqual(3)
    for (const note of lone) expect(note.units).toHaveLength(1)
  })

  test('is the only one that is charged with its deaths', async () => {
    const { world, jobId, attempt } = await worldOf([100, KILLER, 300])
    for (let death = 0; death < 3; death += 1) expect(await attempt()).toBe('died')
    const { suspects } = await world.records.ledger(jobId)
    expect([...suspects.values()].filter((deaths) => deaths > 0)).toEqual([1])
  })
})

test('what is in flight is told with the steps of the run: none of its own for ten segments', async () => {
  const levels = Array.from({ length: 10 }, (_, at) => 100 + at)
  const { attempt, counts, notes } = await worldOf(levels)
  expect(await attempt()).toMatchObject({ body: { job_status: 'completed' } })
  // One before the files and one before the segments; the marks of those that land together share one.
  expect(counts.steps).toBeLessThanOrEqual(2 + 10)
  expect(notes.some((note) => note.alone)).toBe(false)
  expect(notes.at(-1)?.units).toEqual([])
})
