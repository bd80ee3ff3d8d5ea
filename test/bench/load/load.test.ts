import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, inject, test } from 'vitest'
import { systemClock } from '../../../src/adapters/system/system-clock.ts'
import { ambientEnvironment } from '../../../src/config/index.ts'
import { findRedisServer } from '../../../src/local/packages/index.ts'
import { runLoad } from './load.ts'
import { WITHIN } from './plans.ts'
import { plotLoad } from './plot-load.ts'
import { answersOf, ofPhase } from './print-load.ts'

const UPLOADS = 6
const ALLOWED = 3

test('a service under load sheds uploads by their code, keeps every claim and ends every job (I12, I3)', async () => {
  const redis = await findRedisServer(inject('findOptions'))
  if ('missing' in redis) throw new Error(redis.missing)
  const folder = await mkdtemp(join(tmpdir(), 'load-'))
  try {
    const report = await runLoad(
      {
        ...WITHIN,
        ...{ deliveries: 3, uploads: UPLOADS, uploadBytes: 6_400, overMs: 2_000 },
        ...{ pollsPerSecond: 20, speechMs: 1_500, idleMs: 500 },
        settings: {
          ADMISSION_MAX_UPLOADS: String(ALLOWED),
          // A busy machine makes every loop late; what is shed here is shed for its number.
          ADMISSION_MAX_LOOP_DELAY_MS: '60000',
        },
      },
      { folder, redis, environment: ambientEnvironment(), clock: systemClock() },
      () => undefined,
    )
    const taken = ALLOWED + 3 + 1
    expect(report.uploads).toEqual({ '202': taken, '503 capacity': UPLOADS - ALLOWED })
    for (const seconds of report.retryAfterS) {
      expect(seconds).toBeGreaterThanOrEqual(10)
      expect(seconds).toBeLessThanOrEqual(20)
    }
    expect(report.retryAfterS).toHaveLength(UPLOADS - ALLOWED)
    expect(Object.keys(report.polls)).toEqual(['200'])
    expect(report).toMatchObject({ jobs: taken, attempts: taken, claimsLost: 0 })
    expect(report.deliveries).toEqual({ 200: taken })
    const [idle] = report.phases
    expect(idle && ofPhase(report, idle).rssMb).toBeGreaterThan(20)
    expect(answersOf(report)).toContain('503 capacity')
    expect(await plotLoad('short', report)).toContain('RSS, MB')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}, 120_000)
