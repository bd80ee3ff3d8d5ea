import fc from 'fast-check'
import { describe, expect, inject, test } from 'vitest'
import { MINUTE_MS, SECOND_MS } from '../../../src/kernel/index.ts'
import { type Arrangement, arrange } from './arrange.ts'
import { type Call, type Window, wordOf } from './call.ts'

/**
 * By default the same arrangements every time. `LAWS_RUNS=2000` makes that many new ones; a failure
 * prints its seed.
 */
const asked = inject('findOptions').environment['LAWS_RUNS']
const runs = asked === undefined ? 12 : Math.min(2_000, Number(asked))
const seed = asked === undefined ? { seed: 20_260_101 } : {}

const NOON = Date.UTC(2026, 5, 1, 12)
const one = (windows: readonly Window[], workers = 1): Arrangement => ({
  jobs: [windows],
  workers,
})

/** Speech and silence by turns, with silences around the length that ends a conversation. */
const calls = fc
  .array(
    fc.record({
      speech: fc.integer({ min: 2, max: 90 }),
      silence: fc.constantFrom(1, 20, 118, 119, 120, 121, 180),
    }),
    { minLength: 2, maxLength: 8 },
  )
  .map((turns): { call: Call; seconds: number } => {
    const spoken: boolean[] = []
    for (const { speech, silence } of turns) {
      spoken.push(...Array<boolean>(speech).fill(true), ...Array<boolean>(silence).fill(false))
    }
    // From before midnight, so that most of them lie in two day documents.
    const startMs = NOON - 12 * 60 * MINUTE_MS - 3 * MINUTE_MS
    return {
      call: { startMs, isSpeech: (second) => spoken[second] ?? false },
      seconds: spoken.length,
    }
  })

const stories = calls.chain(({ call, seconds }) =>
  fc
    .array(
      fc.record({
        from: fc.integer({ min: 0, max: Math.max(0, seconds - 20) }),
        length: fc.integer({ min: 15, max: 150 }),
      }),
      { minLength: 2, maxLength: 12 },
    )
    .map((drawn) => drawn.map(({ from, length }): Window => ({ from, to: from + length })))
    .chain((windows) => {
      // A file's name is its start: no two of them may be in one batch.
      const distinct = [...new Map(windows.map((window) => [window.from, window])).values()]
      return fc.record({
        call: fc.constant(call),
        windows: fc.constant(distinct),
        order: fc.shuffledSubarray(distinct, {
          minLength: distinct.length,
          maxLength: distinct.length,
        }),
        again: fc.subarray(distinct),
        sizes: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 8 }),
        workers: fc.integer({ min: 1, max: 4 }),
      })
    }),
)

describe('the same audio', () => {
  test(
    'gives the same conversations for every order, split, repetition and number of workers (I4, I5)',
    async () => {
      await fc.assert(
        fc.asyncProperty(stories, async ({ call, windows, order, again, sizes, workers }) => {
          const plain = await arrange(call, one(windows))
          const jobs = split([...order, ...again], sizes)
          const other = await arrange(call, { jobs, workers })
          expect(other.conversations).toBe(plain.conversations)
          // Two jobs that meet on a segment may both ask: whose transcript is first, decides.
          if (workers === 1) expect(other.asked).toBe(plain.asked)
          const spoken = windows.flatMap(({ from, to }) =>
            Array.from({ length: to - from }, (_, i) => from + i).filter(call.isSpeech),
          )
          expect(new Set(plain.words)).toEqual(new Set(spoken.map(wordOf)))
        }),
        { numRuns: runs, ...seed },
      )
    },
    60_000 + runs * 5_000,
  )

  test.for([
    [119, 1],
    [120, 2],
  ] as const)('%i s apart is %i conversation(s), whichever came first', async ([gap, count]) => {
    const windows = [
      { from: 0, to: 10 },
      { from: 10 + gap, to: 20 + gap },
    ]
    const call: Call = { startMs: NOON - 60 * MINUTE_MS, isSpeech: () => true }
    for (const order of [windows, windows.toReversed()]) {
      const jobs = order.map((window) => [window])
      expect((await arrange(call, { jobs, workers: 1 })).count).toBe(count)
      expect((await arrange(call, { jobs, workers: 2 })).count).toBe(count)
    }
  })
})

describe('sixty one-minute files of a call of 51 minutes', () => {
  test('sent newest first in batches of five to four workers are one conversation, told once', async () => {
    const EVERY_S = 51
    const windows = Array.from({ length: 60 }, (_, i) => ({
      from: i * EVERY_S,
      to: i * EVERY_S + 60,
    }))
    const seconds = 59 * EVERY_S + 60
    const call: Call = {
      startMs: NOON - seconds * SECOND_MS - 30 * MINUTE_MS,
      isSpeech: (second) => second % 17 !== 0,
    }
    const jobs = split(windows.toReversed(), [5])
    expect(jobs).toHaveLength(12)
    const { count, words, asked, segments } = await arrange(call, { jobs, workers: 4 })
    expect(count).toBe(1)
    expect(words).toEqual(
      Array.from({ length: seconds }, (_, second) => second)
        .filter(call.isSpeech)
        .map(wordOf),
    )
    expect({ asked, segments }).toEqual({ asked: 60, segments: 60 })
  }, 120_000)
})

function split<T>(items: readonly T[], sizes: readonly number[]): T[][] {
  const parts: T[][] = []
  for (let at = 0; at < items.length; ) {
    const size = sizes[parts.length % sizes.length] ?? 1
    parts.push(items.slice(at, at + size))
    at += size
  }
  return parts
}
