import { describe, expect, it } from 'vitest'
import { editDistance } from '../../../src/config/unknown-names.ts'
import { faultsOf } from './faults-of.ts'

describe('unknown variables', () => {
  it.each([
    ['SYNC_DISPATCHMODE', 'SYNC_DISPATCH_MODE'],
    ['SYNC_TASKS_QUEUES', 'SYNC_TASKS_QUEUE'],
    ['HTTP_SYNC_JOB_RUN_TIMEOUT', 'HTTP_SYNC_JOBS_RUN_TIMEOUT'],
    ['STT_TIMEOUT_SECOND', 'STT_TIMEOUT_SECONDS'],
    ['GCS_STAGING_BUKET', 'GCS_STAGING_BUCKET'],
    ['UPLOAD_MAX_BYTE', 'UPLOAD_MAX_BYTES'],
    ['OIDC_CERT_URL', 'OIDC_CERTS_URL'],
    ['FIREBASE_PROJEKT', 'FIREBASE_PROJECT'],
    ['CLAIM_LEASE_SECOND', 'CLAIM_LEASE_SECONDS'],
    ['SYNC_COMPLETELY_ELSE', undefined],
  ])('%s is refused with its nearest neighbour', (stray, nearest) => {
    const [fault, ...rest] = faultsOf({ [stray]: '1' })
    expect(rest).toEqual([])
    expect(fault).toContain(`${stray} is not a variable of this service`)
    expect(fault).toContain(nearest ?? 'the nearest is ')
  })

  it('leaves alone what belongs to others', () => {
    const others = {
      HTTP_PROXY: 'http://127.0.0.1:3128',
      FIREBASE_CONFIG: '{}',
      REDIS_HOST: '10.0.0.3',
      REDIS_PORT: '6379',
      OPENAI_ORG_ID: 'org',
      PATH: '/bin',
      HOME: '/',
      K_CONFIGURATION: 'sync',
    }
    expect(faultsOf(others)).toEqual([])
  })

  it("refuses the variable that bends the paths of the store's client", () => {
    expect(faultsOf({ STORAGE_EMULATOR_HOST: 'http://127.0.0.1:9' })).toEqual([
      expect.stringMatching('use GCS_API_ENDPOINT'),
    ])
  })

  it('shows the name, never the value', () => {
    expect(faultsOf({ SYNC_ID_SECRETS: 'hunter2hunter2' }).join()).not.toContain('hunter2')
  })

  it.each([
    ['', '', 0],
    ['kitten', 'sitting', 3],
    ['abc', '', 3],
    ['flaw', 'lawn', 2],
  ])('counts the edits from "%s" to "%s"', (from, to, edits) => {
    expect(editDistance(from, to)).toBe(edits)
    expect(editDistance(to, from)).toBe(edits)
  })
})
