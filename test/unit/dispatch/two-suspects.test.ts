import { expect, test } from 'vitest'
import { createTurns } from '../../../src/dispatch/index.ts'
import type { JobId } from '../../../src/kernel/index.ts'
import { toneName, tones } from '../../support/tones.ts'
import { createWorld } from '../../support/world.ts'

const HOUR_MS = 3_600_000
const LEASE_OVER_MS = 16_000
const [KILLER, INNOCENT] = [666, 300]
const PATIENCE = 200
const forever = () => new Promise<never>(() => undefined)
const aMoment = () => new Promise((resolve) => setImmediate(resolve))

/** Two jobs of one process; a segment of the one kills it, a segment of the other is slow. */
function twoJobs() {
  let dead = false
  let turns = createTurns()
  const world = createWorld({
    store: (store) => ({ ...store, renew: (claim) => (dead ? forever() : store.renew(claim)) }),
    transcribe: async ({ pcm }) => {
      if (dead) return forever()
      if (pcm[0] === KILLER) {
        await aMoment()
        dead = true
        return forever()
      }
      for (let waited = 0; waited < PATIENCE && !dead; waited += 1) await aMoment()
      return dead ? forever() : { text: `tone ${pcm[0]}`, words: [] }
    },
    deps: {
      maxFruitlessAttempts: 20,
      turns: { take: (...of) => turns.take(...of), giveBack: (...of) => turns.giveBack(...of) },
    },
  })
  const upload = async (level: number, agoHours: number) => {
    const name = toneName(world.clock.now() - agoHours * HOUR_MS)
    return (await world.upload({ [name]: tones([level, 2]) })).jobId
  }
  /** Both jobs are delivered to one process, which lives until it dies or both have ended. */
  const processOf = async (jobs: readonly JobId[]) => {
    dead = false
    turns = createTurns()
    const runs = Promise.allSettled(jobs.map((jobId) => world.deliver(jobId)))
    const isOver = runs.then(() => true)
    for (;;) {
      const over = await Promise.race([isOver, aMoment().then(() => dead)])
      if (over) break
    }
    await world.clock.advance(LEASE_OVER_MS)
  }
  return { world, upload, processOf }
}

test('F33: of two suspects in one process none is charged with the death that the other caused', async () => {
  const { world, upload, processOf } = twoJobs()
  const [guilty, innocent] = [await upload(KILLER, 2), await upload(INNOCENT, 8)]
  for (let life = 0; life < 6; life += 1) {
    await processOf([guilty, innocent])
    const { suspects } = await world.records.ledger(innocent)
    expect([...suspects.values()].filter((deaths) => deaths > 0)).toEqual([])
  }
  expect(await world.records.read(innocent)).toMatchObject({ status: 'completed' })
  expect(await world.records.read(guilty)).toMatchObject({
    ...{ status: 'failed', outcome: { reasonCode: 'sync_worker_lost' } },
  })
})
