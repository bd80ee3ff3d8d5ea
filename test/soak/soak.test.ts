import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { findRedisServer } from '../../src/local/packages/index.ts'
import type { SoakReport } from './report.ts'
import { runSoak } from './soak.ts'

const UPLOADS = 25

/** The short form of `npm run soak`; it takes half a minute on two idle cores. */
describe('uploads to service processes that are killed while every party fails one call of ten', () => {
  let folder: string
  let report: SoakReport

  beforeAll(async () => {
    const { environment, ...find } = inject('findOptions')
    const redis = await findRedisServer({ ...find, environment })
    if ('missing' in redis) throw new Error(redis.missing)
    folder = await mkdtemp(join(tmpdir(), 'soak-'))
    report = await runSoak({
      folder,
      redis,
      environment,
      uploads: UPLOADS,
      faultShare: 0.1,
      killEveryMs: 4_000,
      instances: 2,
      parallel: 8,
      pace: 'short',
      seed: 7,
    })
  }, 420_000)

  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('all become completed, each text once, paid once but for deaths (F57: I1 to I12)', () => {
    expect(report.faults).toEqual([])
    expect(report.completed).toBe(UPLOADS)
    expect(report.segments).toBeGreaterThanOrEqual(UPLOADS)
  })

  it('are tried hard: processes died, and every party failed', () => {
    expect(report.kills).toBeGreaterThan(0)
    expect(report.faultsStruck['store']).toBeGreaterThan(0)
    expect(report.faultsStruck['provider']).toBeGreaterThan(0)
    expect(Object.keys(report.faultsStruck).length).toBeGreaterThan(3)
  })
})
