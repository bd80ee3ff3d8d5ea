import { describe, expect, test } from 'vitest'
import { type AdmissionLimits, createAdmission } from '../../../src/http/admission.ts'
import { HttpError } from '../../../src/http/errors.ts'
import { startHttpWorld, USER } from '../../support/http-world.ts'
import { simulatedClock } from '../../support/simulated-clock.ts'
import { toneName, tones } from '../../support/tones.ts'
import { INVOKER } from '../../support/world.ts'

const LIMITS: AdmissionLimits = {
  maxUploads: 2,
  maxDeliveries: 2,
  maxLoopDelayMs: 250,
  maxMemoryBytes: 1_000,
  retryAfterMs: 10_000,
}

/** A clock whose sleeps end late by as much as is said. */
function lateClock() {
  const clock = simulatedClock()
  let lateMs = 0
  return {
    ...clock,
    sleep: (ms: number, signal?: AbortSignal) => clock.sleep(ms + lateMs, signal),
    beLateBy: (ms: number) => {
      lateMs = ms
    },
  }
}

function admit(limits: Partial<AdmissionLimits> = {}) {
  const clock = lateClock()
  let usedBytes = 0
  const admission = createAdmission(
    { clock, random: () => 0.5, usedMemoryBytes: () => usedBytes },
    { ...LIMITS, ...limits },
  )
  const use = (bytes: number) => {
    usedBytes = bytes
  }
  return { clock, admission, use }
}

describe('admission', () => {
  test('refuses an upload past the limit as capacity, with a time to come again (I12)', () => {
    const { admission } = admit()
    const first = admission.enterUpload()
    admission.enterUpload()
    const refusal = { code: 'capacity', retryAfterMs: 15_000 }
    expect(admission.enterUpload).toThrow(expect.objectContaining(refusal))
    expect(admission.enterDelivery()).toHaveProperty('leave')
    first.leave()
    expect(admission.enterUpload()).toHaveProperty('leave')
  })

  test('says deliveries when there are too many of them, and takes uploads all the same', () => {
    const { admission } = admit()
    admission.enterDelivery()
    admission.enterDelivery()
    expect(admission.enterDelivery()).toBe('deliveries')
    expect(admission.enterUpload()).toHaveProperty('leave')
  })

  test('takes nothing new while memory is short, but always a first request', () => {
    const { admission, use } = admit()
    use(1_001)
    const only = admission.enterUpload()
    expect(admission.enterUpload).toThrow(HttpError)
    expect(admission.enterDelivery()).toBe('memory')
    use(1_000)
    expect(admission.enterDelivery()).toHaveProperty('leave')
    only.leave()
  })

  test('takes nothing new while the event loop runs late, and again half a second after', async () => {
    const { admission, clock } = admit()
    admission.enterUpload()
    clock.beLateBy(251)
    await clock.advance(100 + 2 * 351)
    expect(admission.enterDelivery()).toHaveProperty('leave')
    await clock.advance(351)
    expect(admission.enterDelivery()).toBe('event_loop')
    expect(admission.enterUpload).toThrow(HttpError)
    clock.beLateBy(0)
    await clock.advance(351 + 300)
    expect(admission.enterUpload()).toHaveProperty('leave')
  })

  test('refuses nobody for one stall, however long', async () => {
    const { admission, clock } = admit()
    admission.enterUpload()
    clock.beLateBy(60_000)
    await clock.advance(100)
    clock.beLateBy(0)
    await clock.advance(60_000)
    expect(admission.enterUpload()).toHaveProperty('leave')
  })

  test('watches nothing while there is no work: a frozen process comes back free', async () => {
    const { admission, clock } = admit()
    expect(clock.sleeping).toBe(0)
    const only = admission.enterUpload()
    clock.beLateBy(300)
    await clock.advance(2_000)
    only.leave()
    await clock.advance(400)
    expect(clock.sleeping).toBe(0)
    admission.enterUpload()
    expect(admission.enterUpload()).toHaveProperty('leave')
  })
})

describe('a service that holds as much as it can', () => {
  const form = () => {
    const body = new FormData()
    const name = toneName(Date.UTC(2026, 5, 1, 11))
    body.append('files', new Blob([new Uint8Array(tones([100, 3]))]), name)
    return body
  }
  const upload = (base: string) =>
    fetch(`${base}/v2/sync-local-files`, {
      method: 'POST',
      headers: { Authorization: USER },
      body: form(),
    })

  test('answers 503 capacity to uploads and 409 busy to the queue, and takes both again', async () => {
    let isFull = true
    const gate = Promise.withResolvers<void>()
    await using world = await startHttpWorld({
      admission: { maxUploads: 1, maxDeliveries: 1 },
      objects: (objects) => ({
        ...objects,
        create: async (name, ...rest) => {
          if (isFull) await gate.promise
          return objects.create(name, ...rest)
        },
      }),
    })
    const held = upload(world.base)
    await expect.poll(() => upload(world.base).then(({ status }) => status)).toBe(503)
    const refused = await upload(world.base)
    expect(refused.headers.get('retry-after')).toBe('15')
    expect(await refused.json()).toEqual({
      code: 'capacity',
      detail: 'this instance takes as many uploads as it can',
    })
    expect(world.lines.join()).toContain('upload_refused')
    expect(world.lines.join()).not.toContain('unexpected_error')
    isFull = false
    gate.resolve()
    expect((await held).status).toBe(202)
    expect((await upload(world.base)).status).toBe(202)
  })

  test('spends no attempt of a job whose delivery it does not take', async () => {
    const gate = Promise.withResolvers<void>()
    const inWork = Promise.withResolvers<void>()
    await using world = await startHttpWorld({
      admission: { maxDeliveries: 1 },
      transcribe: async () => {
        inWork.resolve()
        await gate.promise
        return { text: 'words', words: [] }
      },
    })
    const start = world.clock.now() - 3_600_000
    const { jobId } = await world.upload({ [toneName(start)]: tones([100, 3]) })
    const [task] = world.tasks.live()
    const deliver = () =>
      fetch(`${world.base}/v2/sync-jobs/run`, {
        method: 'POST',
        headers: { Authorization: INVOKER },
        body: JSON.stringify(task?.task.payload),
      })
    const running = deliver()
    await inWork.promise
    const shed = await deliver()
    expect([shed.status, await shed.json()]).toEqual([
      409,
      { result: 'busy', shortage: 'deliveries' },
    ])
    gate.resolve()
    expect((await running).status).toBe(200)
    expect(await world.records.read(jobId)).toMatchObject({ status: 'completed', attempt: 1 })
  })
})
