import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { findRedisServer } from '../../src/local/packages/index.ts'
import { type JudgedCell, runMatrix } from './crash-matrix.ts'
import { createLanePool, type LanePool } from './lane-pool.ts'
import { SCENARIOS } from './scenarios.ts'

/** The most telling cells of the whole matrix, which `npm run test:crash` runs. */
const CELLS = {
  'run/object.create.manifest:1:after': 'F8, F10: accepted by its manifest, not yet recorded',
  'run/script.create:1:after': 'F11: recorded, not yet enqueued',
  'run/object.create.plan:1:before': 'F33: in the middle of decoding',
  'run/provider.transcribe:2:after': 'F26: a transcript paid for and not yet written',
  'run/object.create.transcript:2:after': 'F26: a transcript written and not yet on the timeline',
  'run/object.replace.timeline:2:after': 'F26: a segment on the timeline and not yet marked',
  'run/object.create.outcome:1:before': 'F39: the result is frozen and not yet durable',
  'run/object.create.outcome:1:after': 'F40, F41: its end durable, the blobs still there',
  'run/script.finalize:1:before': 'F40: its end durable, the blobs gone, not yet terminal',
} as const

describe('a service process killed at a durable step (F57: I1 to I12)', () => {
  let folder: string
  let pool: LanePool | undefined
  const judged = new Map<string, JudgedCell>()

  beforeAll(async () => {
    const findOptions = inject('findOptions')
    const redis = await findRedisServer(findOptions)
    if ('missing' in redis) throw new Error(redis.missing)
    folder = await mkdtemp(join(tmpdir(), 'crash-'))
    pool = createLanePool({
      folder,
      redis,
      environment: findOptions.environment,
      compileCache: join(folder, 'compile-cache'),
      busy: 2,
      lanes: { cloud_tasks: 2, inline: 0 },
    })
    const cells = await runMatrix({
      pool,
      scenarios: SCENARIOS.filter(({ name }) => name === 'run'),
      wants: (name) => Object.hasOwn(CELLS, name),
    })
    for (const cell of cells) {
      const { scenario, step, occurrence, moment } = cell
      judged.set(`${scenario}/${step}:${occurrence}:${moment}`, cell)
    }
  }, 120_000)

  afterAll(async () => {
    await pool?.[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })

  it.each(Object.entries(CELLS))('%s (%s): the job is completed, once', (name) => {
    expect(judged.get(name)?.faults).toEqual([])
  })
})
