import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import {
  backoffMs,
  isFinalDelivery,
  newJobId,
  parseRetryCount,
  parseTaskBody,
} from '../../../src/kernel/index.ts'

const payload = {
  schema_version: 1,
  job_id: newJobId(randomBytes(16), 5),
  uid_shard: 5,
  generation: 0,
  manifest: 'staging/x/y/manifest.json',
}

describe('a task body', () => {
  test('is read when it fits', () => {
    expect(parseTaskBody(JSON.stringify(payload))).toEqual({ kind: 'task', payload })
  })

  test.each([
    ['not JSON', '{'],
    ['nothing', ''],
    ['an array', '[]'],
    ['no job', JSON.stringify({ ...payload, job_id: 'x' })],
    ['a negative generation', JSON.stringify({ ...payload, generation: -1 })],
    ['a shard that is not the job’s (F21)', JSON.stringify({ ...payload, uid_shard: 6 })],
  ])('%s is invalid', (_name, body) => {
    expect(parseTaskBody(body).kind).toBe('invalid')
  })

  test('F52: a newer schema is told apart from garbage', () => {
    expect(parseTaskBody('{"schema_version":2,"job":"?"}')).toEqual({
      kind: 'newer_schema',
      version: 2,
    })
  })
})

describe('the retry count', () => {
  test('a missing or garbled one is unknown, never 0', () => {
    expect(parseRetryCount('0')).toBe(0)
    expect(parseRetryCount('4')).toBe(4)
    for (const text of [undefined, '', 'x', '-1', '1.5', '99999999999']) {
      expect(parseRetryCount(text)).toBeUndefined()
    }
  })

  test('F42: the fifth of five deliveries is the final one, and an unknown one never is', () => {
    expect(isFinalDelivery(3, 5)).toBe(false)
    expect(isFinalDelivery(4, 5)).toBe(true)
    expect(isFinalDelivery(9, 5)).toBe(true)
    expect(isFinalDelivery(undefined, 5)).toBe(false)
  })
})

test('backoff doubles up to its cap and spreads over the upper half', () => {
  const limits = { minMs: 1_000, maxMs: 10_000 }
  expect(backoffMs(0, limits, 0)).toBe(500)
  expect(backoffMs(2, limits, 0)).toBe(2_000)
  expect(backoffMs(50, limits, 0.999)).toBeLessThanOrEqual(10_000)
  expect(backoffMs(50, limits, 0)).toBe(5_000)
})
