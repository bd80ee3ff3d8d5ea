import { describe, expect, test } from 'vitest'
import { cancelJob, UploadRefusedError } from '../../../src/intake/index.ts'
import { DAY_MS, RetryableError, UnavailableError } from '../../../src/kernel/index.ts'
import { failing } from '../../support/failing.ts'
import { toneName, tones } from '../../support/tones.ts'
import { createWorld, type World } from '../../support/world.ts'

const key = { idempotencyKey: 'a request of mine' }
const other = { idempotencyKey: 'another one' }
const body = tones([100, 3])

const one = (world: World, bytes = body, agoMs = 3_600_000) => ({
  [toneName(world.clock.now() - agoMs)]: bytes,
})

async function codeOf(upload: Promise<unknown>): Promise<string> {
  const error: unknown = await upload.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof UploadRefusedError)) throw new Error(`not refused: ${String(error)}`)
  return error.code
}

/** A world that counts the blobs it is asked to write. */
function counting() {
  const written: string[] = []
  const world = createWorld({
    objects: (objects) => ({
      ...objects,
      create: (name, bytes, options) => {
        if (name.endsWith('.bin')) written.push(name)
        return objects.create(name, bytes, options)
      },
    }),
  })
  return { world, written }
}

describe('an upload with a key that was used', () => {
  test('for the same files is that job, running or done, and stages nothing', async () => {
    const { world, written } = counting()
    const files = one(world)
    const { jobId } = await world.upload(files, key)
    expect(await world.upload(files, key)).toMatchObject({ jobId, status: 'queued' })
    await world.deliver(jobId)
    expect(await world.upload(files, key)).toMatchObject({
      ...{ jobId, status: 'completed' },
      outcome: { segments: { successful: 1 } },
    })
    expect(written).toHaveLength(1)
    expect(world.lines.filter((line) => line.includes('Upload repeated'))).toHaveLength(2)
  })

  test('for other files is refused with nothing staged, whether its job runs, is done or failed', async () => {
    let isBroken = false
    const world = createWorld({
      deps: { maxFruitlessAttempts: 1 },
      transcribe: async () => {
        if (isBroken) throw new RetryableError('flaky')
        return { text: 'heard', words: [] }
      },
    })
    const refused = async () => {
      const before = await world.names('staging/')
      const changed = one(world, tones([7, 2]), 7_200_000)
      expect(await codeOf(world.upload(changed, key))).toBe('idempotency_key_reused')
      expect(await world.names('staging/')).toEqual(before)
    }
    const { jobId } = await world.upload(one(world), key)
    await refused()
    isBroken = true
    await world.deliver(jobId)
    expect(await world.records.read(jobId)).toMatchObject({ status: 'failed' })
    await refused()
    isBroken = false
    const again = await world.upload(one(world), key)
    expect(again.jobId).not.toBe(jobId)
    await world.deliver(again.jobId)
    await refused()
  })

  test('at the same moment for other files: one is accepted, one is refused and leaves nothing', async () => {
    const world = createWorld()
    const uploads = await Promise.allSettled([
      world.upload(one(world), key),
      world.upload(one(world, tones([7, 2]), 7_200_000), key),
    ])
    expect(uploads.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    const lost = uploads.find((each) => each.status === 'rejected')
    expect(lost?.reason).toMatchObject({ code: 'idempotency_key_reused' })
    expect(await world.names('staging/')).toHaveLength(2)
    expect(world.tasks.live()).toHaveLength(1)
  })

  test('for files that another job has already stands for that job from then on', async () => {
    const world = createWorld()
    const { jobId } = await world.upload(one(world))
    expect(await world.upload(one(world), key)).toMatchObject({ jobId })
    const changed = one(world, tones([7, 2]), 7_200_000)
    expect(await codeOf(world.upload(changed, key))).toBe('idempotency_key_reused')
  })

  test('by another user is that user’s own', async () => {
    const { naming } = createWorld()
    const [a, b] = ['user-1', 'user-2'].map((uid) => naming.idempotencyId(uid as never, 'k'))
    expect(a).not.toBe(b)
  })

  test('is free for other files after its time', async () => {
    const world = createWorld()
    await world.upload(one(world), key)
    await world.clock.advance(2 * DAY_MS + 1)
    const changed = one(world, tones([7, 2]), 7_200_000)
    expect(await world.upload(changed, key)).toMatchObject({ status: 'queued' })
  })

  test('for a job that failed makes a new one, and stands for that (I7)', async () => {
    let isBroken = true
    const world = createWorld({
      deps: { maxFruitlessAttempts: 1 },
      transcribe: async () => {
        if (isBroken) throw new RetryableError('flaky')
        return { text: 'heard', words: [] }
      },
    })
    const first = await world.upload(one(world), key)
    await world.deliver(first.jobId)
    isBroken = false
    const second = await world.upload(one(world), key)
    expect(second).toMatchObject({ status: 'queued' })
    expect(second.jobId).not.toBe(first.jobId)
    expect(await world.upload(one(world), key)).toMatchObject({ jobId: second.jobId })
  })

  test('after a flush is protected by its content all the same', async () => {
    const lost = createWorld()
    const { jobId } = await lost.upload(one(lost), key)
    const world = createWorld({ objects: () => lost.memory })
    expect(await world.deliver(jobId)).toMatchObject({ body: { job_status: 'completed' } })
    expect(await world.upload(one(world), key)).toMatchObject({ jobId, status: 'completed' })
    expect(world.calls).toHaveLength(1)
  })

  test('cannot be looked up: 503, nothing staged', async () => {
    const world = createWorld({
      store: (store) =>
        failing(store, {
          on: 'keyHolder',
          error: () => new UnavailableError('down', { party: 'redis' }),
        }),
    })
    expect(await codeOf(world.upload(one(world), key))).toBe('ledger_unavailable')
    expect(await world.names('')).toEqual([])
  })
})

describe('cancelled content', () => {
  test('under the key it came with is the cancelled job; under a new one it is worked on after all (I7)', async () => {
    const world = createWorld()
    const files = one(world)
    const first = await world.upload(files, key)
    await cancelJob(world.delivery, world.uidHash, first.jobId)
    const cancelled = { jobId: first.jobId, status: 'failed' }
    expect(await world.upload(files, key)).toMatchObject(cancelled)
    expect(await world.upload(files)).toMatchObject(cancelled)
    const second = await world.upload(files, other)
    expect(second).toMatchObject({ status: 'queued' })
    expect(second.jobId).not.toBe(first.jobId)
    expect(await world.upload(files, other)).toMatchObject({ jobId: second.jobId })
    expect(await world.upload(files, key)).toMatchObject(cancelled)
    expect(await world.deliver(second.jobId)).toMatchObject({ body: { job_status: 'completed' } })
  })
})

describe('a malformed key is refused before anything is read', () => {
  test.each([
    ['empty', ''],
    ['of 256 characters', 'k'.repeat(256)],
    ['with a control character', 'a\tb'],
    ['not ASCII', 'ключ'],
  ])('%s', async (_, idempotencyKey) => {
    const { world, written } = counting()
    const refused = world.upload(one(world), { idempotencyKey })
    expect(await codeOf(refused)).toBe('invalid_idempotency_key')
    expect(written).toEqual([])
  })

  test('one of 255 characters is not', async () => {
    const world = createWorld()
    const idempotencyKey = '~'.repeat(255)
    expect(await world.upload(one(world), { idempotencyKey })).toMatchObject({ status: 'queued' })
  })
})
