import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, inject, it } from 'vitest'
import { findRedisServer } from '../../src/local/packages/index.ts'
import { startLane } from '../crash/lane.ts'
import { flushAndPurge } from './flush-and-purge.ts'

const JOBS = 200

it(`F56: Redis is flushed and the queue purged in the middle of ${JOBS} jobs: all end truthfully, effects once`, async () => {
  const findOptions = inject('findOptions')
  const redis = await findRedisServer(findOptions)
  if ('missing' in redis) throw new Error(redis.missing)
  const folder = await mkdtemp(join(tmpdir(), 'flush-'))
  try {
    await using lane = await startLane({
      ...{ mode: 'cloud_tasks', folder, redis },
      environment: findOptions.environment,
      compileCache: join(folder, 'compile-cache'),
    })
    const aftermath = await flushAndPurge(lane, JOBS, 240_000)
    expect(aftermath).toMatchObject({
      byStatus: { completed: JOBS },
      transcripts: JOBS,
      staged: [],
      lies: [],
    })
    expect([aftermath.shown, aftermath.distinct]).toEqual([JOBS, JOBS])
    expect(aftermath.endedBefore).toBeLessThan(JOBS)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}, 600_000)
