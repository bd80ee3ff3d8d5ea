import { expect, test } from 'vitest'
import { segmentIdSchema } from '../../../src/kernel/index.ts'
import { watchJob } from '../../../src/status/index.ts'
import { acceptedJob } from '../../support/accepted-job.ts'

const INTERVAL_MS = 1_000
const mark = (digit: string) => ({
  segmentId: segmentIdSchema.parse(digit.repeat(40)),
  verdict: 'landed' as const,
})

/** A job whose claim is held by the test, watched from the beginning. */
async function watched() {
  const { world, jobId } = await acceptedJob()
  const { records, archive, clock, uidHash } = world
  const granted = await records.claim({
    ...{ jobId, generation: 0, token: 't', leaseMs: 600_000, userSlots: 0, slotSnoozeMs: 0 },
  })
  if (granted.kind !== 'claimed') throw new Error('not claimed')
  const told: { readonly what: string; readonly id: string | undefined }[] = []
  const gone = new AbortController()
  const deps = {
    ...{ store: records, archive, clock, clockSkewMs: 0, intervalMs: INTERVAL_MS },
  }
  const watching = (async () => {
    for await (const { news, eventId } of watchJob(
      deps,
      { uidHash, jobId },
      undefined,
      gone.signal,
    )) {
      const what = news.kind === 'segment' ? news.segment.segmentId.slice(0, 1) : news.kind
      told.push({ what, id: eventId })
    }
  })()
  const look = async () => {
    await clock.advance(INTERVAL_MS)
    return told.splice(0)
  }
  const stop = async () => {
    gone.abort()
    await clock.advance(INTERVAL_MS)
    await watching
  }
  return { records, claim: granted.claim, look, stop }
}

test('a watch tells each line of the timeline once, then the status that follows from it', async () => {
  const { records, claim, look, stop } = await watched()
  const whats = async () => (await look()).map(({ what }) => what)
  expect(await whats()).toEqual(['status'])
  await records.mark(claim, [mark('a')])
  expect(await whats()).toEqual(['a', 'status'])
  await records.mark(claim, [mark('b')])
  await records.mark(claim, [], { progress: { stage: 'finalizing' } })
  expect(await whats()).toEqual(['b', 'stage', 'status'])
  expect(await whats()).toEqual([])
  await stop()
})

test('a line of several segments is done with its last one: who left before is told it again', async () => {
  const { records, claim, look, stop } = await watched()
  await look()
  await records.mark(claim, [mark('a'), mark('b'), mark('c')])
  const [a, b, c, status] = await look()
  expect([a?.what, b?.what, c?.what]).toEqual(['a', 'b', 'c'])
  expect([a?.id, b?.id]).toEqual([undefined, undefined])
  expect(c?.id).toMatch(/^\d+-\d+$/)
  expect(status).toEqual({ what: 'status', id: c?.id })
  await stop()
})
