import { connect } from 'node:net'
import { describe, expect, test } from 'vitest'
import { createRunningWork } from '../../../src/dispatch/index.ts'
import {
  form,
  name,
  post,
  raw,
  rawUpload,
  startHttpWorld,
  UPLOAD,
  USER,
} from '../../support/http-world.ts'
import { tones } from '../../support/tones.ts'
import { INVOKER } from '../../support/world.ts'

const body = tones([100, 2])

/** A world with one accepted job whose transcription lasts until the run is stopped. */
async function longRun(http: { runAbortMs: number; requestTimeoutMs: number }) {
  const begun = Promise.withResolvers<void>()
  const world = await startHttpWorld({
    http,
    transcribe: ({ signal }) => {
      begun.resolve()
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason))
      })
    },
  })
  const { body: accepted } = await post(world, form({ [name(world)]: body }))
  const [task] = world.tasks.due()
  const run = fetch(`${world.base}/v2/sync-jobs/run`, {
    method: 'POST',
    headers: { authorization: INVOKER },
    body: JSON.stringify(task?.task.payload),
  })
  let answered = false
  void run.then(() => {
    answered = true
  })
  await begun.promise
  return { world, run, jobId: String(accepted['job_id']), isAnswered: () => answered }
}

describe('the worker route', () => {
  test('F31: is aborted by its own limit, the job given back and the queue told to retry', async () => {
    const { world, run, jobId } = await longRun({ runAbortMs: 100_000, requestTimeoutMs: 0 })
    await using _ = world
    await world.clock.advance(100_000)
    const answer = await run
    expect([answer.status, await answer.json()]).toMatchObject([500, { result: 'retry' }])
    const line = world.lines.find((each) => each.includes('Delivery answered'))
    expect(JSON.parse(line ?? '{}')).toMatchObject({ jobId, status: 500 })
    expect(line).not.toContain('user-1')
  })

  test('with a limit of 0 has none, while every other route keeps the default one', async () => {
    const limits = { runAbortMs: 0, requestTimeoutMs: 60 }
    const { world, run, isAnswered } = await longRun(limits)
    await using _ = world
    await world.clock.advance(250_000)
    await using slow = await startHttpWorld({
      http: limits,
      store: (store) => ({ ...store, view: () => new Promise<never>(() => undefined) }),
    })
    const url = `${slow.base}${UPLOAD}/00000000-0000-4000-8000-000000000000`
    const other = await fetch(url, { headers: { authorization: USER } })
    expect([other.status, await other.json()]).toMatchObject([503, { code: 'timeout' }])
    expect(isAnswered()).toBe(false)
    // The run's own limits still hold.
    await world.clock.advance(650_000)
    expect((await run).status).toBe(500)
  })
})

describe('a slow client', () => {
  const part = (bin: string) =>
    `Content-Disposition: form-data; name="files"; filename="${bin}"\r\n\r\n`

  test('F2: that trickles below the least rate is given up with 408, never silent for long', async () => {
    await using world = await startHttpWorld({
      multipart: { idleTimeoutMs: 200, minBytesPerSecond: 1_000 },
    })
    const whole = rawUpload(world, `${part(name(world))}${'x'.repeat(5_000)}`)
    const socket = connect(world.port, '127.0.0.1')
    const answered = new Promise<string>((resolve) => {
      socket.once('data', (chunk) => resolve(chunk.toString()))
    })
    socket.write(whole.slice(0, -4_500))
    const trickle = setInterval(() => socket.write('x'), 20)
    expect(await answered).toMatch(/^HTTP\/1\.1 408 [\s\S]*upload_timeout/)
    clearInterval(trickle)
    socket.destroy()
    await expect.poll(() => world.names('')).toEqual([])
  })

  test('F2: that never ends its headers is told 408', async () => {
    await using world = await startHttpWorld({ headersTimeoutMs: 100 })
    expect(await raw(world, 'POST /v2/sync-local-files HTTP/1.1\r\nHost: x\r\nX-Slow:')).toBe(408)
  })
})

describe('an upload whose client left', () => {
  test('after its manifest is waited for at shutdown, and becomes a whole job (I1)', async () => {
    const reached = Promise.withResolvers<void>()
    const opened = Promise.withResolvers<void>()
    const runs = createRunningWork()
    await using world = await startHttpWorld({
      http: { runs },
      store: (store) => ({
        ...store,
        create: async (job) => {
          reached.resolve()
          await opened.promise
          return store.create(job)
        },
      }),
    })
    const whole = rawUpload(
      world,
      `Content-Disposition: form-data; name="files"; filename="${name(world)}"\r\n\r\nabc`,
    )
    const socket = connect(world.port, '127.0.0.1', () => socket.write(whole))
    await reached.promise
    socket.destroy()
    let drained = false
    const draining = runs.drained().then(() => {
      drained = true
    })
    await new Promise((resolve) => setImmediate(resolve))
    expect(drained).toBe(false)
    opened.resolve()
    await draining
    expect(world.tasks.live()).toHaveLength(1)
  })
})
