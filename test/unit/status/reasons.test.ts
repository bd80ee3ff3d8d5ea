import { describe, expect, test } from 'vitest'
import { meaningOf, REASON_CODES, REASONS } from '../../../src/kernel/index.ts'
import { projectStatus } from '../../../src/status/index.ts'
import { acceptedJob } from '../../support/accepted-job.ts'

/** What a job can end with; the others are a summary's. */
const OF_JOBS = REASON_CODES.filter((code) => !code.startsWith('enrichment_'))
const RETRY_AFTER_MS = 90_500

describe('a job that failed says why, in a code and in words for a person (I12)', () => {
  test.each(OF_JOBS)('%s', async (reasonCode) => {
    const { world, jobId } = await acceptedJob()
    const { archive, records, delivery, uidHash, clock } = world
    const [seen, manifest] = [await records.read(jobId), await archive.readManifest(uidHash, jobId)]
    if (!seen || !manifest) throw new Error('nothing to end')
    const retryAfterAt = clock.now() + RETRY_AFTER_MS
    await delivery.endings.endSeen(manifest, seen, { reasonCode, retryAfterAt })
    const view = await records.view(jobId)
    if (!view) throw new Error('no view')
    const { error, ...status } = projectStatus(view, clock.now(), delivery.pace)
    expect(status).toMatchObject({ status: 'failed', reason_code: reasonCode, retry_after: 91 })
    expect(error).toMatch(/^\S+( \S+){2,}$/)
    expect(status.result?.errors.join()).toContain(error)
  })
})

test('every reason of a summary has words and somebody who acts, too', () => {
  for (const code of REASON_CODES) {
    expect(REASONS[code].meaning, code).toMatch(/^\S+( \S+){2,}$/)
    expect(['client', 'operator', 'nobody'], code).toContain(REASONS[code].actor)
  }
})

test('the words that old clients take for a death are said of deaths alone', () => {
  const died = REASON_CODES.filter((code) =>
    [true, false].some((byok) =>
      meaningOf(code, { byok }).includes('background worker likely died'),
    ),
  )
  expect(died).toEqual([
    ...['sync_worker_lost', 'sync_job_timeout', 'byok_worker_lost', 'enrichment_worker_lost'],
  ])
})
