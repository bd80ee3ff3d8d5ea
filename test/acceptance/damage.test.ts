import { describe, expect, it } from 'vitest'
import { newUser, recordedBody, secondsAgo, stackForTests, type User } from './rig.ts'

/** Bytes in a frame of the PCM recording, its length included. */
const FRAME_BYTES = 644
const FRAMES_A_SECOND = 50

const stack = stackForTests()
const pcmName = (seconds: number) => `audio_test_pcm16_16000_1_fs320_${seconds}.bin`

async function outcomeOf(user: User, files: Parameters<User['client']['upload']>[0]) {
  const jobId = await user.client.upload(files)
  let last: unknown
  for await (const status of user.client.follow(jobId)) last = status
  return { last, conversations: await user.client.conversations() }
}

/** Spans as seconds from the first sample. */
function spansOf({ conversations }: Awaited<ReturnType<typeof outcomeOf>>, startSeconds: number) {
  return conversations.flatMap(({ segments }) =>
    segments.map((each) => [
      (each.started_at - startSeconds * 1_000) / 1_000,
      (each.finished_at - startSeconds * 1_000) / 1_000,
    ]),
  )
}

describe('a file damaged inside', () => {
  it.each<[string, (body: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>]>([
    ['cut within a frame', (body) => body.slice(0, 5 * FRAMES_A_SECOND * FRAME_BYTES + 100)],
    ['cut within a length', (body) => body.slice(0, 5 * FRAMES_A_SECOND * FRAME_BYTES + 2)],
    [
      'followed by a length of nothing',
      (body) => withTail(body, new Uint8Array(4), 5 * FRAMES_A_SECOND),
    ],
    [
      'followed by a length beyond all reason',
      (body) => withTail(body, new Uint8Array(400).fill(255), 5 * FRAMES_A_SECOND),
    ],
  ])('keeps what came before the damage: %s', async (_, damage) => {
    const seconds = secondsAgo(600)
    const body = await recordedBody('kennedy-ask-not')
    const whole = body.slice(0, 5 * FRAMES_A_SECOND * FRAME_BYTES)
    const expected = await outcomeOf(newUser(stack.running), [
      { name: pcmName(seconds), body: whole },
    ])
    const seen = await outcomeOf(newUser(stack.running), [
      { name: pcmName(seconds), body: damage(body) },
    ])
    expect(seen.last).toMatchObject({ status: 'completed', total_segments: 1 })
    expect(spansOf(seen, seconds)).toEqual(spansOf(expected, seconds))
    expect(spansOf(seen, seconds).at(-1)?.[1]).toBeGreaterThan(4)
  })

  it('harms no neighbour, and one that holds no audio is named in the result', async () => {
    const seconds = secondsAgo(3_000)
    const body = await recordedBody('austen-unless')
    const noise = Uint8Array.from({ length: 3_000 }, (_, index) => (index * 7919) % 251)
    const [healthy, broken] = [
      `audio_test_opus_16000_1_fs320_${seconds}.bin`,
      `audio_test_opus_16000_1_fs320_${seconds + 600}.bin`,
    ]
    const alone = await outcomeOf(newUser(stack.running), [{ name: healthy, body }])
    const together = await outcomeOf(newUser(stack.running), [
      { name: broken, body: noise },
      { name: healthy, body },
    ])
    expect(together.last).toMatchObject({
      status: 'completed',
      total_files: 2,
      total_segments: 1,
      result: { errors: [expect.stringContaining(broken)] },
    })
    expect(spansOf(together, seconds)).toEqual(spansOf(alone, seconds))
  })

  it('that is all there is fails for its audio, and says so', async () => {
    const name = `audio_test_opus_16000_1_fs320_${secondsAgo(600)}.bin`
    const { last, conversations } = await outcomeOf(newUser(stack.running), [
      { name, body: new Uint8Array(3_000).fill(255) },
    ])
    expect(last).toMatchObject({ status: 'failed', reason_code: 'sync_invalid_audio' })
    expect(conversations).toEqual([])
  })

  it('of less than a second is silence', async () => {
    const name = pcmName(secondsAgo(600))
    const body = (await recordedBody('kennedy-ask-not')).slice(0, 40 * FRAME_BYTES)
    const { last, conversations } = await outcomeOf(newUser(stack.running), [{ name, body }])
    expect(last).toMatchObject({ status: 'completed', total_segments: 0 })
    expect(conversations).toEqual([])
  })
})

function withTail(body: Uint8Array, tail: Uint8Array, frames: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat([body.subarray(0, frames * FRAME_BYTES), tail]))
}
