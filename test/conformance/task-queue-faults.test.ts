import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { TasksFault } from '../../src/local/tasks/index.ts'
import { type CloudQueue, OIDC, startCloudQueue } from './task-queue/cloud-subject.ts'
import { newTask } from './task-queue.contract.ts'
import { startWorker } from './tasks-server/worker.ts'

const [INVALID, DEADLINE, NOT_FOUND, DENIED, EXHAUSTED, PRECONDITION] = [3, 4, 5, 7, 8, 9]
const [INTERNAL, UNAVAILABLE, UNAUTHENTICATED] = [13, 14, 16]
const WHY = new Error('the caller gave up')
const LONG_MS = 3_600_000

describe('the Cloud Tasks queue, its server failing', () => {
  let started: CloudQueue | undefined
  beforeAll(async () => {
    started = await startCloudQueue()
  })
  afterEach(() => started?.server.faults.clear())
  afterAll(() => started?.close())
  const cloud = (): CloudQueue => {
    if (!started) throw new Error('the server starts before the first case')
    return started
  }
  const arm = (method: string, ...faults: Partial<TasksFault>[]) => {
    for (const fault of faults) {
      cloud().server.faults.add({ on: 'rpc', kind: 'error', method, ...fault } as TasksFault)
    }
  }
  const asked = (method: string) => {
    const { ok, failed } = cloud().server.stats.rpcs[method] ?? { ok: 0, failed: 0 }
    return ok + failed
  }

  describe('create', () => {
    it.for([UNAVAILABLE, DEADLINE, INTERNAL])(
      'is repeated by the same name after code %i (F13)',
      async (code) => {
        arm('CreateTask', { code, times: 2 })
        const task = newTask()
        expect(await cloud().queue.create(task)).toEqual({ kind: 'created' })
        expect(await cloud().queue.find(task.lane, task.name)).toBe('live')
      },
    )

    it('whose answer was lost says that the name exists, never that it made it (F12)', async () => {
      arm('CreateTask', { code: UNAVAILABLE, when: 'after' })
      const task = newTask()
      expect(await cloud().queue.create(task)).toEqual({ kind: 'exists' })
      expect(await cloud().queue.find(task.lane, task.name)).toBe('live')
    })

    it.for(['before', 'after'] as const)(
      'is not held up for ever by a server silent %s the effect (F12, F13)',
      async (when) => {
        arm('CreateTask', { kind: 'hang', when })
        const queue = cloud().queueWith({ rpcTimeoutMs: 900 })
        const task = newTask()
        expect(await queue.create(task)).toEqual({ kind: when === 'before' ? 'created' : 'exists' })
        expect(await queue.find(task.lane, task.name)).toBe('live')
      },
    )

    it('is uncertain when every answer is lost, within its budget', async () => {
      arm('CreateTask', { kind: 'hang', when: 'before', times: -1 })
      const begun = performance.now()
      const queue = cloud().queueWith({ rpcTimeoutMs: 600 })
      expect(await queue.create(newTask())).toMatchObject({ kind: 'uncertain' })
      expect(performance.now() - begun).toBeLessThan(1_200)
    })

    it.for([INVALID, NOT_FOUND, DENIED, PRECONDITION, UNAUTHENTICATED])(
      'is refused by code %i at the first try',
      async (code) => {
        arm('CreateTask', { code, message: 'no' })
        const before = asked('CreateTask')
        const result = await cloud().queue.create(newTask())
        expect(result).toMatchObject({ kind: 'refused', cause: expect.stringContaining('no') })
        expect(asked('CreateTask') - before).toBe(1)
      },
    )

    it('is refused where there is no such queue (F16)', async () => {
      const queue = cloud().queueWith({ queues: { fresh: 'absent', backfill: 'absent' } })
      expect(await queue.create(newTask())).toMatchObject({
        kind: 'refused',
        cause: expect.stringContaining('Queue does not exist'),
      })
    })

    it('is uncertain when refused only after a try that may have made the task', async () => {
      arm('CreateTask', { code: UNAVAILABLE, when: 'after' })
      const revokeBetweenTries = () => {
        arm('CreateTask', { code: DENIED })
        return 0
      }
      const queue = cloud().queueWith({ random: revokeBetweenTries })
      const task = newTask()
      expect(await queue.create(task)).toMatchObject({ kind: 'uncertain' })
      expect(await cloud().queue.find(task.lane, task.name)).toBe('live')
    })

    it('is uncertain, and not repeated, when the queue is overrun (F16)', async () => {
      arm('CreateTask', { code: EXHAUSTED })
      const before = asked('CreateTask')
      expect(await cloud().queue.create(newTask())).toMatchObject({ kind: 'uncertain' })
      expect(asked('CreateTask') - before).toBe(1)
    })

    it('is refused when no request ever left, and the client is asked for again', async () => {
      let calls = 0
      const client = {
        ready: async () => {
          calls += 1
          if (calls < 3) throw new Error('Could not load the default credentials')
          return cloud().client.ready()
        },
        close: async () => undefined,
      }
      const queue = cloud().queueWith({ client, createAttempts: 2 })
      expect(await queue.create(newTask())).toMatchObject({
        kind: 'refused',
        cause: expect.stringContaining('default credentials'),
      })
      expect(await queue.create(newTask())).toEqual({ kind: 'created' })
    })

    it('carries the pointer, its identity, its time and the deadline', async () => {
      const worker = await startWorker()
      const queue = cloud().queueWith({ handlerUrl: worker.url })
      const task = newTask({ notBefore: Date.now() + 300, headers: { traceparent: '00-ab-cd-01' } })
      expect(await queue.create(task)).toEqual({ kind: 'created' })
      const client = await cloud().client.ready()
      const [kept] = await client.getTask({ name: cloud().path(task.lane, task.name) })
      expect(kept.dispatchDeadline?.seconds).toBe('1560')
      const request = await worker.request(1)
      expect(Date.now()).toBeGreaterThanOrEqual(task.notBefore ?? Infinity)
      await worker.close()
      expect(JSON.parse(request.body.toString())).toEqual(task.payload)
      expect(request.headers).toMatchObject({
        'content-type': 'application/json',
        traceparent: '00-ab-cd-01',
        'x-cloudtasks-taskname': task.name,
      })
      const [, claims = ''] = request.headers.authorization?.split('.') ?? []
      expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({
        aud: OIDC.audience,
        email: OIDC.serviceAccountEmail,
        email_verified: true,
      })
    })
  })

  describe('find', () => {
    it('proves nothing about the tasks of a missing queue (F66)', async () => {
      const queue = cloud().queueWith({ queues: { fresh: 'absent', backfill: 'absent' } })
      expect(await queue.find('fresh', newTask().name)).toBe('unknown')
    })

    it.for([UNAVAILABLE, DENIED, EXHAUSTED, INTERNAL])(
      'proves nothing by code %i',
      async (code) => {
        const task = newTask()
        await cloud().queue.create(task)
        arm('GetTask', { code, times: -1 })
        expect(await cloud().queue.find(task.lane, task.name)).toBe('unknown')
      },
    )

    it('proves nothing by a NOT_FOUND in words we do not know', async () => {
      arm('GetTask', { code: NOT_FOUND, message: 'The project was not found.' })
      expect(await cloud().queue.find('fresh', newTask().name)).toBe('unknown')
    })

    it('is repeated after a lost answer', async () => {
      const task = newTask()
      await cloud().queue.create(task)
      arm('GetTask', { code: UNAVAILABLE, times: 2 })
      expect(await cloud().queue.find(task.lane, task.name)).toBe('live')
    })

    it('ends within its budget when nobody answers', async () => {
      arm('GetTask', { kind: 'hang', when: 'before', times: -1 })
      const begun = performance.now()
      const queue = cloud().queueWith({ rpcTimeoutMs: 600 })
      expect(await queue.find('fresh', newTask().name)).toBe('unknown')
      expect(performance.now() - begun).toBeLessThan(1_200)
    })
  })

  it.for(['create', 'find'] as const)('%s ends at once with its signal', async (deed) => {
    arm('*', { kind: 'hang', when: 'before', times: -1 })
    const queue = cloud().queueWith({ rpcTimeoutMs: LONG_MS })
    const caller = new AbortController()
    const task = newTask()
    const calls = {
      create: () => queue.create(task, caller.signal),
      find: () => queue.find(task.lane, task.name, caller.signal),
    }
    const before = asked('CreateTask') + asked('GetTask')
    const call = expect(calls[deed]()).rejects.toBe(WHY)
    await expect.poll(() => asked('CreateTask') + asked('GetTask')).toBe(before + 1)
    caller.abort(WHY)
    await call
  })

  it('passes a seam before and after the task is made', async () => {
    const seen: string[] = []
    const queue = cloud().queueWith({
      probe: (step, moment) => void seen.push(`${moment} ${step}`),
    })
    await queue.create(newTask())
    expect(seen).toEqual(['before task.create', 'after task.create'])
  })
})
