import { describe, expect, test } from 'vitest'
import { BusyError, RetryableError, TerminalError } from '../../../src/kernel/index.ts'
import { endsTheJob, judgeAttempt } from '../../../src/pipeline/judge-attempt.ts'

const LIMITS = { maxLoneDeaths: 3, defaultSnoozeMs: 30_000 }
const judge = (troubles: readonly unknown[], lost = false) =>
  judgeAttempt(LIMITS, { troubles, lost, stageMs: { decoding: 5 } })

const wrongKey = new TerminalError('no', { reasonCode: 'stt_configuration_error' })
const upstream = new RetryableError('no', { reasonCode: 'stt_upstream_error' })
const busy = (retryAfterMs?: number) => new BusyError('later', { retryAfterMs })

describe('an attempt', () => {
  test('without trouble is done, with its times', () => {
    expect(judge([])).toEqual({ kind: 'done', stageMs: { decoding: 5 } })
  })

  test.each([
    [
      'what ends the job outweighs what would be tried again',
      [busy(), upstream, wrongKey],
      'discard',
    ],
    ['a failure outweighs a busy provider', [busy(), upstream], 'retry'],
    ['an unknown error is tried again', [new Error('?')], 'retry'],
    ['a busy provider alone is waited for, and costs no attempt', [busy()], 'snooze'],
  ] as const)('%s', (_, troubles, kind) => {
    expect(judge(troubles).kind).toBe(kind)
  })

  test('waits for the longest of what busy providers asked for, or as configured', () => {
    expect(judge([busy(1_000), busy(9_000)])).toMatchObject({ forMs: 9_000 })
    expect(judge([busy()])).toMatchObject({ forMs: 30_000 })
  })

  test('that gave a unit up ends the job only once nothing else is left to try (F33, F34)', () => {
    expect(judge([], true)).toMatchObject({ kind: 'discard', reasonCode: 'sync_worker_lost' })
    expect(judge([upstream], true).kind).toBe('retry')
  })

  test('makes no further call after a wrong key, and goes on after a single failure', () => {
    expect([wrongKey, upstream, busy()].map(endsTheJob)).toEqual([true, false, false])
  })
})
