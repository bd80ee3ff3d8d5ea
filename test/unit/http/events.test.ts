import { describe, expect, test } from 'vitest'
import { BusyError, TerminalError } from '../../../src/kernel/index.ts'
import {
  form,
  type HttpWorld,
  jobOf,
  name,
  post,
  startHttpWorld,
  UPLOAD,
  USER,
} from '../../support/http-world.ts'
import { tones } from '../../support/tones.ts'

interface Told {
  readonly id: string | undefined
  readonly event: string
  readonly data: Record<string, unknown>
}

/** Two segments of one file, the second begins 132 s later. */
const TWO = tones([100, 2], [0, 130], [200, 2])

async function stream(world: HttpWorld, jobId: unknown, headers: Record<string, string> = {}) {
  const url = `${world.base}${UPLOAD}/${String(jobId)}/events`
  return fetch(url, { headers: { authorization: USER, ...headers } })
}

function parse(text: string): Told[] {
  return text
    .split('\n\n')
    .filter((block) => block.includes('data: '))
    .map((block) => {
      const fields = new Map(
        block.split('\n').map((line) => line.split(/: (.*)/s, 2) as [string, string]),
      )
      return {
        id: fields.get('id'),
        event: fields.get('event') ?? '',
        data: JSON.parse(fields.get('data') ?? ''),
      }
    })
}

const namesOf = (told: readonly Told[]) => told.map(({ event }) => event)
const only = (told: readonly Told[], event: string) =>
  told.filter((one) => one.event === event).map(({ data }) => data)

describe('the events of a job', () => {
  test('tell its stages, each segment with its place, span and text, and end with its end', async () => {
    await using world = await startHttpWorld()
    const fileName = name(world)
    const startMs = world.clock.now() - 3_600_000
    const { body } = await post(world, form({ [fileName]: TWO }))
    const open = await stream(world, body['job_id'])
    await world.deliver(jobOf(world))
    const told = parse(await open.text())
    expect(only(told, 'waiting')[0]).toEqual({
      waiting_for: 'capacity',
      waiting_since: new Date(world.clock.now()).toISOString(),
    })
    // One that lasts no second is not told: the next one is shown instead.
    expect(only(told, 'stage').map(({ stage }) => stage)).toEqual(['decoding', 'transcribing'])
    const at = (ms: number) => new Date(startMs + ms).toISOString()
    const segments = only(told, 'segment')
    expect(segments).toMatchObject([
      {
        ...{ verdict: 'landed', file: fileName, text: 'tone 100', speech_ms: 2_000 },
        ...{ started_at: at(0), finished_at: at(2_000), total_segments: 2 },
      },
      { verdict: 'landed', started_at: at(132_000), finished_at: at(134_000), text: 'tone 200' },
    ])
    const found = await fetch(
      `${world.base}/v2/conversations/${segments[1]?.['conversation_id']}`,
      {
        headers: { authorization: USER },
      },
    )
    expect(await found.json()).toMatchObject({ text: expect.stringContaining('tone 200') })
    expect(told.at(-1)).toMatchObject({ event: 'status', data: { status: 'completed' } })
  })

  test('go on after Last-Event-ID, with nothing twice and nothing left out', async () => {
    await using world = await startHttpWorld()
    const { body } = await post(world, form({ [name(world)]: TWO }))
    await world.deliver(jobOf(world))
    const whole = parse(await (await stream(world, body['job_id'])).text())
    const lines = whole.filter(({ event }) => event !== 'status')
    expect(lines.length).toBeGreaterThan(3)
    for (const [at, { id }] of lines.entries()) {
      if (id === undefined) continue
      const rest = parse(
        await (await stream(world, body['job_id'], { 'last-event-id': id })).text(),
      )
      expect(rest).toEqual(whole.slice(whole.indexOf(lines[at] as Told) + 1))
    }
    for (const foreign of ['nonsense', '9e9-1', '1-0-0', '-5']) {
      const again = await stream(world, body['job_id'], { 'last-event-id': foreign })
      expect(namesOf(parse(await again.text()))).toEqual(namesOf(whole))
    }
  })

  test('tell of a silent segment, and of one that failed why and where', async () => {
    await using world = await startHttpWorld({
      transcribe: async ({ pcm }) => {
        if (pcm[0] === 200) throw new TerminalError('no', { reasonCode: 'stt_invalid_input' })
        return { text: '', words: [] }
      },
    })
    const fileName = name(world)
    const { body } = await post(world, form({ [fileName]: TWO }))
    const open = await stream(world, body['job_id'])
    await world.deliver(jobOf(world))
    const segments = only(parse(await open.text()), 'segment')
    const failed = segments.find(({ verdict }) => verdict === 'failed')
    expect(failed).toMatchObject({ reason_code: 'stt_invalid_input', speech_ms: 2_000 })
    expect(failed?.['started_at']).toMatch(/^2026-/)
    const silent = segments.find(({ verdict }) => verdict === 'silent')
    expect(silent).toMatchObject({ speech_ms: 2_000 })
    expect(silent).not.toHaveProperty('text')
    expect(silent).not.toHaveProperty('conversation_id')
  })

  test('tell what it waits for, since when and until when, as a poll does (I8)', async () => {
    let isBusy = true
    await using world = await startHttpWorld({
      transcribe: async () => {
        if (isBusy) throw new BusyError('busy', { retryAfterMs: 40_000 })
        return { text: 'said', words: [] }
      },
    })
    await post(world, form({ [name(world)]: tones([100, 2]) }))
    const jobId = jobOf(world)
    await world.deliver(jobId)
    const iso = (ms: number) => new Date(world.clock.now() + ms).toISOString()
    const wait = { waiting_for: 'capacity', waiting_since: iso(0), retry_after: 40 }
    const waiting = { ...wait, retry_at: iso(40_000), reason_code: 'stt_upstream_error' }
    const poll = await fetch(`${world.base}${UPLOAD}/${jobId}`, {
      headers: { authorization: USER },
    })
    expect(await poll.json()).toMatchObject({ status: 'queued', ...wait })
    const open = await stream(world, jobId)
    const chunks = open.body?.getReader()
    let text = ''
    while (!text.includes('event: status')) {
      text += Buffer.from((await chunks?.read())?.value ?? []).toString()
    }
    await chunks?.cancel()
    expect(only(parse(text), 'waiting')).toEqual([waiting])
    isBusy = false
    await world.clock.advance(40_000)
    const again = await stream(world, jobId)
    await world.deliver(jobId, { generation: 1 })
    const told = parse(await again.text())
    expect(only(told, 'status').at(-1)).toMatchObject({ status: 'completed' })
    expect(namesOf(told).lastIndexOf('waiting')).toBeLessThan(namesOf(told).indexOf('segment'))
  })

  test('estimate what is left by how long the segments before took', async () => {
    await using world = await startHttpWorld({
      transcribe: async ({ pcm, signal }) => {
        await world.clock.sleep(4_000, signal)
        return { text: `tone ${pcm[0]}`, words: [] }
      },
    })
    const run = async (agoMs: number) => {
      const { body } = await post(world, form({ [name(world, agoMs)]: tones([agoMs / 1e5, 2]) }))
      const running = world.deliver(jobOf(world))
      await expect.poll(() => world.clock.sleeping).toBeGreaterThan(2)
      const url = `${world.base}${UPLOAD}/${body['job_id']}`
      const status = await (await fetch(url, { headers: { authorization: USER } })).json()
      await world.clock.advance(4_000)
      expect(await running).toMatchObject({ status: 200 })
      return status
    }
    expect(await run(3_600_000)).not.toHaveProperty('estimated_seconds_remaining')
    expect(await run(7_200_000)).toMatchObject({
      ...{ stage: 'transcribing', total_segments: 1, estimated_seconds_remaining: 4 },
    })
  })

  test('beat while nothing happens', async () => {
    await using world = await startHttpWorld({ http: { streamHeartbeatMs: 20 } })
    const { body } = await post(world, form({ [name(world)]: TWO }))
    const open = await stream(world, body['job_id'])
    let text = ''
    const chunks = open.body?.getReader()
    while (!text.includes(': still here')) {
      text += Buffer.from((await chunks?.read())?.value ?? []).toString()
    }
    await chunks?.cancel()
    expect(namesOf(parse(text))).toEqual(['waiting', 'status'])
  })
})
