import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { UploadRefusedError } from '../../../src/intake/index.ts'
import { DAY_MS, UnavailableError } from '../../../src/kernel/index.ts'
import { failing } from '../../support/failing.ts'
import { toneName, tones } from '../../support/tones.ts'
import { createWorld, UID, type World } from '../../support/world.ts'

const down = (party: string) => () => new UnavailableError('down', { party })
const body = tones([100, 3])

/** Name and body of one file recorded an hour ago. */
function one(world: World, bytes: Uint8Array = body): Record<string, Uint8Array> {
  return { [toneName(world.clock.now() - 3_600_000)]: bytes }
}

async function refusal(upload: Promise<unknown>): Promise<UploadRefusedError> {
  const error: unknown = await upload.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof UploadRefusedError)) throw new Error(`not refused: ${String(error)}`)
  return error
}

describe('an upload', () => {
  test('I1: is staged, described, recorded and enqueued before it is accepted', async () => {
    const world = createWorld()
    const accepted = await world.upload(one(world))
    expect(accepted).toMatchObject({ status: 'queued', totalFiles: 1, lane: 'fresh' })
    const staged = await world.names('staging/')
    expect(staged.map((name) => name.split('/').at(-1))).toEqual(['000.bin', 'manifest.json'])
    expect(await world.records.read(accepted.jobId)).toMatchObject({ status: 'queued', uid: UID })
    expect(await world.queue.find('fresh', accepted.jobId)).toBe('live')
    expect(
      world.lines.some((line) => line.includes('Upload accepted') && line.includes(accepted.jobId)),
    ).toBe(true)
  })

  test('of old audio waits in the backfill lane; older than the lookback it is refused', async () => {
    const world = createWorld()
    const now = world.clock.now()
    expect(await world.upload({ [toneName(now - 2 * DAY_MS)]: body })).toMatchObject({
      lane: 'backfill',
    })
    const refused = await refusal(world.upload({ [toneName(now - 31 * DAY_MS)]: body }))
    expect(refused.code).toBe('backfill_lookback_exceeded')
  })

  test('F5: of bytes that are in progress is the running job; done, its end and result', async () => {
    const world = createWorld()
    const files = one(world)
    const first = await world.upload(files)
    expect(await world.upload(files)).toMatchObject({ jobId: first.jobId, status: 'queued' })
    await world.deliver(first.jobId)
    const again = await world.upload(files)
    expect(again).toMatchObject({
      jobId: first.jobId,
      status: 'completed',
      outcome: { segments: { successful: 1 } },
    })
    expect(await world.names('staging/')).toEqual([])
    expect(world.calls).toHaveLength(1)
  })

  test('I7: of bytes whose job failed is a new job that repeats no landed segment', async () => {
    let broken = true
    const world = createWorld({
      transcribe: async ({ pcm }) => {
        if (broken && pcm.includes(200)) throw new UnavailableError('x', { party: 'stt' })
        return { text: `tone ${Math.max(...pcm)}`, words: [] }
      },
      deps: { maxFruitlessAttempts: 1 },
    })
    const files = one(world, tones([100, 3], [0, 130], [200, 3]))
    const first = await world.upload(files)
    await world.deliver(first.jobId)
    expect(await world.deliver(first.jobId, { retryCount: 1 })).toMatchObject({
      body: { job_status: 'partial_failure' },
    })
    broken = false
    const calls = world.calls.length
    const second = await world.upload(files)
    expect(second.jobId).not.toBe(first.jobId)
    expect(await world.deliver(second.jobId)).toMatchObject({ body: { job_status: 'completed' } })
    expect(world.calls.length - calls).toBe(1)
    expect(await world.texts()).toEqual([['tone 200'], ['tone 100']])
  })

  test('F17: repeated after a lost answer is the same job, once or twice, before its run and after', async () => {
    const world = createWorld()
    const files = one(world)
    const { jobId } = await world.upload(files)
    for (let i = 0; i < 2; i += 1) expect(await world.upload(files)).toMatchObject({ jobId })
    await world.deliver(jobId)
    expect(await world.upload(files)).toMatchObject({ jobId, status: 'completed' })
    expect(world.calls).toHaveLength(1)
  })

  test('F17: repeated after a lost answer and a flush: the rebuilt job has its content', async () => {
    const lost = createWorld()
    const files = one(lost)
    const { jobId } = await lost.upload(files)
    const world = createWorld({ objects: () => lost.memory })
    expect(await world.deliver(jobId)).toMatchObject({ body: { job_status: 'completed' } })
    expect(await world.upload(files)).toMatchObject({ jobId, status: 'completed' })
    expect(world.calls).toHaveLength(1)
  })
})

describe('a refused upload leaves nothing staged', () => {
  const cases: readonly [string, (world: World) => Record<string, Uint8Array>, string][] = [
    ['no file', () => ({}), 'invalid_upload'],
    ['an empty file', (w) => one(w, new Uint8Array()), 'invalid_upload'],
    ['a bad name after a good one', (w) => ({ ...one(w), 'x.wav': body }), 'invalid_file_name'],
    [
      'twenty-one files',
      (w) =>
        Object.fromEntries(
          Array.from({ length: 21 }, (_, i) => [
            toneName(w.clock.now() - (i + 1) * 60_000),
            tones([1, 0.1]),
          ]),
        ),
      'upload_too_large',
    ],
    ['more audio than is allowed', (w) => one(w, tones([0, 601])), 'upload_too_large'],
  ]
  test.each(cases)('%s', async (_name, files, code) => {
    const world = createWorld()
    expect((await refusal(world.upload(files(world)))).code).toBe(code)
    expect(await world.names('')).toEqual([])
  })

  test('a conversation id that is none', async () => {
    const world = createWorld()
    const refused = await refusal(world.upload(one(world), { conversationId: 'nope' }))
    expect(refused.code).toBe('invalid_conversation_id')
    expect(await world.names('')).toEqual([])
  })

  test('F6: a store that fails while a blob is written', async () => {
    const world = createWorld({
      objects: (objects) => failing(objects, { on: 'create', error: down('gcs') }),
    })
    const refused = await refusal(world.upload(one(world)))
    expect(refused).toMatchObject({ code: 'staging_unavailable', retryAfterMs: 30_000 })
    expect(await world.names('')).toEqual([])
  })
})

/** An upload whose process dies at the first such call of the object store: it never comes back. */
async function diesAt(name: RegExp): Promise<{ world: World; files: Record<string, Uint8Array> }> {
  const died = Promise.withResolvers<void>()
  const world = createWorld({
    objects: (objects) => ({
      ...objects,
      create: (object, bytes, options) => {
        if (!name.test(object)) return objects.create(object, bytes, options)
        died.resolve()
        return new Promise<never>(() => undefined)
      },
    }),
  })
  const now = world.clock.now()
  const files = { ...one(world), [toneName(now - 7_200_000)]: tones([200, 2]) }
  void world.upload(files)
  await died.promise
  return { world, files }
}

describe('an upload whose process dies', () => {
  const seams = [
    ['F7: after some blobs', /001\.bin$/, 1],
    ['F8: after all blobs and before the manifest', /manifest\.json$/, 2],
  ] as const
  test.each(seams)('%s is no job; the client’s retry is a whole one', async (_, name, blobs) => {
    const { world: dead, files } = await diesAt(name)
    expect(await dead.names('staging/')).toHaveLength(blobs)
    expect(dead.tasks.live()).toEqual([])
    expect(dead.lines).toEqual([])
    const world = createWorld({ objects: () => dead.memory, deps: { randomBytes } })
    const { jobId } = await world.upload(files)
    expect(await world.deliver(jobId)).toMatchObject({ body: { job_status: 'completed' } })
    expect((await world.texts()).flat().sort()).toEqual(['tone 100', 'tone 200'])
    expect(await dead.names('staging/')).toHaveLength(blobs)
  })
})

describe('an upload that is proven to have become no job leaves nothing staged', () => {
  const refused = () => new UnavailableError('refused', { party: 'redis', refused: true })

  test('F9: the store refuses the record: manifest first, then blobs, and 503 with a time to wait', async () => {
    const deleted: string[] = []
    const world = createWorld({
      store: (store) => failing(store, { on: 'create', error: refused }),
      objects: (objects) => ({
        ...objects,
        delete: (name, signal) => {
          deleted.push(name.split('/').at(-1) ?? '')
          return objects.delete(name, signal)
        },
      }),
    })
    const error = await refusal(world.upload(one(world)))
    expect(error).toMatchObject({ code: 'ledger_unavailable', retryAfterMs: 30_000 })
    expect(deleted).toEqual(['manifest.json', '000.bin'])
    expect(await world.names('')).toEqual([])
  })

  test('F9: but keeps its blobs when its manifest may still stand (I11)', async () => {
    const world = createWorld({
      store: (store) => failing(store, { on: 'create', error: refused }),
      objects: (objects) => failing(objects, { on: 'delete', error: down('gcs') }),
    })
    expect((await refusal(world.upload(one(world)))).code).toBe('ledger_unavailable')
    expect(await world.names('staging/')).toHaveLength(2)
  })
})

describe('an upload in doubt deletes nothing', () => {
  test('F9: the record may or may not be written: 503, and the retry is a job of its own', async () => {
    const world = createWorld({
      store: (store) => failing(store, { on: 'create', error: down('redis') }),
    })
    const files = one(world)
    expect((await refusal(world.upload(files))).code).toBe('ledger_unavailable')
    expect(await world.names('staging/')).toHaveLength(2)
    expect(await world.upload(files)).toMatchObject({ status: 'queued' })
  })

  test('F10: a record whose reply was lost is found by its id, enqueued and accepted', async () => {
    const world = createWorld({
      store: (store) => failing(store, { on: 'create', error: down('redis'), after: true }),
    })
    const { jobId } = await world.upload(one(world))
    expect(await world.queue.find('fresh', jobId)).toBe('live')
    expect(await world.deliver(jobId)).toMatchObject({ body: { job_status: 'completed' } })
    expect(await world.records.events(jobId)).not.toHaveLength(0)
  })

  test('F10: an inline one is found with the claim it was born with, and runs', async () => {
    const world = createWorld({
      dispatchMode: 'inline',
      store: (store) => failing(store, { on: 'create', error: down('redis'), after: true }),
    })
    const { jobId } = await world.upload(one(world))
    await world.inline.drained()
    expect(await world.records.read(jobId)).toMatchObject({ status: 'completed', attempt: 1 })
  })

  test('F10: nor can it be looked up: 503, and the client’s retry is adopted by content', async () => {
    const world = createWorld({
      store: (store) =>
        failing(
          store,
          { on: 'create', error: down('redis'), after: true },
          { on: 'read', error: down('redis') },
        ),
    })
    const files = one(world)
    expect((await refusal(world.upload(files))).code).toBe('ledger_unavailable')
    const adopted = await world.upload(files)
    expect(await world.names('staging/')).toHaveLength(2)
    expect(await world.deliver(adopted.jobId)).toMatchObject({ body: { job_status: 'completed' } })
  })

  test('F12: a task that may or may not exist is no reason to refuse (I1)', async () => {
    const world = createWorld({
      queue: (queue) => ({
        ...queue,
        create: async () => ({ kind: 'uncertain', cause: 'timeout' }),
      }),
    })
    const accepted = await world.upload(one(world))
    expect(accepted.status).toBe('queued')
    expect(await world.names('staging/')).toHaveLength(2)
  })
})

describe('inline', () => {
  test('the job is born held and runs in the accepting process', async () => {
    const world = createWorld({ dispatchMode: 'inline' })
    const { jobId } = await world.upload(one(world))
    await world.inline.drained()
    expect(await world.records.read(jobId)).toMatchObject({ status: 'completed', settled: true })
    expect(await world.texts()).toEqual([['tone 100']])
    expect(await world.queue.find('fresh', jobId)).toBe('gone')
  })
})
