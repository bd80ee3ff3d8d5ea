import { expect, test } from 'vitest'
import { createRunNotes } from '../../../src/dispatch/run-notes.ts'
import { holdClaim } from '../../../src/jobs/index.ts'
import { type Stage, segmentIdSchema } from '../../../src/kernel/index.ts'
import type { RunNews, SegmentMark } from '../../../src/ports/index.ts'
import { toneName, tones } from '../../support/tones.ts'
import { createWorld } from '../../support/world.ts'

const SECOND_MS = 1_000
const settled = () => new Promise<void>((resolve) => setImmediate(resolve))

/** The notes of a run whose claim is held, and every step that the store took of them. */
async function notesOfRun(mark?: () => Promise<'ok' | 'lost'>) {
  const world = createWorld()
  const { clock, records } = world
  const { jobId } = await world.upload({ [toneName(clock.now() - 3_600_000)]: tones([100, 2]) })
  const request = { token: 'a token', leaseMs: 15_000, userSlots: 0, slotSnoozeMs: 0 }
  const granted = await records.claim({ jobId, generation: 0, ...request })
  if (granted.kind !== 'claimed') throw new Error(granted.kind)
  const times = { renewMs: 5_000, stopMarginMs: 3_000, unansweredAbortMs: 60_000 }
  const deps = { store: records, clock, times }
  const held = holdClaim(deps, granted.claim, clock.monotonicMs())
  const steps: { readonly marks: readonly SegmentMark[]; readonly also: RunNews }[] = []
  const notes = createRunNotes({
    store: {
      mark: async (claim, marks, also = {}) => {
        steps.push({ marks: [...marks], also })
        return mark ? mark() : records.mark(claim, marks, also)
      },
    },
    ...{ held, clock, suspects: new Map<string, number>() },
    onMark: () => undefined,
    onProgress: () => undefined,
  })
  const stage = async () => (await records.view(jobId))?.stage
  return { notes, steps, clock, stage, held }
}

const ANY_SEGMENT = segmentIdSchema.parse('ab'.repeat(20))
const enter = (stage: Stage) => ({ stage })

test('a thousand stages of one second take as many steps as one', async () => {
  const { notes, steps, clock, stage, held } = await notesOfRun()
  for (let i = 1; i <= 1_000; i += 1) {
    notes.progress({ stage: 'transcribing', totalSegments: i })
    await clock.advance(1)
  }
  expect(steps.map(({ also }) => also.progress?.totalSegments)).toEqual([1_000])
  expect(await stage()).toBe('transcribing')
  notes.progress(enter('vad'))
  await notes.close()
  await held[Symbol.asyncDispose]()
  expect(clock.sleeping).toBe(0)
})

test('a stage is shown within a second though nothing else is told', async () => {
  const { notes, clock, stage, held } = await notesOfRun()
  notes.progress(enter('vad'))
  await clock.advance(SECOND_MS - 1)
  expect(await stage()).toBe('staged')
  await clock.advance(1)
  expect(await stage()).toBe('vad')
  await notes.close()
  await held[Symbol.asyncDispose]()
})

test('a stage goes with the mark that comes before its second is over', async () => {
  const { notes, steps, clock, held } = await notesOfRun()
  notes.progress(enter('vad'))
  notes.progress({ stage: 'transcribing', totalSegments: 1 })
  await notes.landed({ segmentId: ANY_SEGMENT, verdict: 'landed' })
  await clock.advance(10 * SECOND_MS)
  expect(steps).toHaveLength(1)
  expect(steps).toMatchObject([
    { marks: [{ verdict: 'landed' }], also: { progress: { stage: 'transcribing' } } },
  ])
  await notes.close()
  await held[Symbol.asyncDispose]()
})

test('a stage that could not be told goes with the next step', async () => {
  let isDown = true
  const { notes, steps, clock, held } = await notesOfRun(async () => {
    if (isDown) throw new Error('down')
    return 'ok'
  })
  notes.progress({ stage: 'transcribing', totalSegments: 7 })
  await clock.advance(SECOND_MS)
  isDown = false
  await notes.landed({ segmentId: ANY_SEGMENT, verdict: 'landed' })
  expect(steps.at(-1)?.also.progress).toEqual({ stage: 'transcribing', totalSegments: 7 })
  await notes.close()
  await held[Symbol.asyncDispose]()
})

test('nothing is told after the close, which waits for what was sent: no claim passes for lost', async () => {
  const answer = Promise.withResolvers<'ok'>()
  const { notes, steps, clock, held } = await notesOfRun(() => answer.promise)
  notes.progress(enter('decoding'))
  await clock.advance(SECOND_MS)
  notes.progress(enter('vad'))
  await clock.advance(SECOND_MS)
  let isClosed = false
  const closed = notes.close().then(() => {
    isClosed = true
  })
  await settled()
  expect(isClosed).toBe(false)
  answer.resolve('ok')
  await closed
  await clock.advance(10 * SECOND_MS)
  expect(steps.map(({ also }) => also.progress?.stage)).toEqual(['decoding'])
  expect(held.signal.aborted).toBe(false)
  await held[Symbol.asyncDispose]()
  expect(clock.sleeping).toBe(0)
})
