import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { findRedisServer, type Program } from '../../src/local/packages/index.ts'
import { measureOrphan } from './measure-orphan.ts'
import { ORPHANS } from './orphans.ts'

/** The crash matrix makes the others, at every step. */
const HERE_ONLY = ['4', '5b', '6b', '9']

describe('an orphan comes home: real Redis, real queue, real SIGKILL, small times', () => {
  const findOptions = inject('findOptions')
  let folder: string
  let redis: Program
  beforeAll(async () => {
    const found = await findRedisServer(findOptions)
    if ('missing' in found) throw new Error(found.missing)
    redis = found
    folder = await mkdtemp(join(tmpdir(), 'orphans-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  const orphans = ORPHANS.filter(({ name }) => HERE_ONLY.includes(name))
  it.each(orphans)('class $name: $title', { timeout: 180_000 }, async (orphan) => {
    const { environment } = findOptions
    const { fault } = await measureOrphan(orphan, { redis, folder, environment, times: 'short' })
    expect(fault).toBeUndefined()
  })
})
