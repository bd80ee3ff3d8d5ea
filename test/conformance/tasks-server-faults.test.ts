import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import * as z from 'zod'
import type { TasksFault } from '../../src/local/tasks/index.ts'
import { simulatedClock } from '../support/simulated-clock.ts'
import { type LocalRig, openLocalRig, withFolder } from './tasks-server/local-rig.ts'
import { refusal, span } from './tasks-server/rig.ts'
import { hang } from './tasks-server/worker.ts'

const LATER = () => span(Date.now() + 3_600_000)
const FAST = { minBackoff: { nanos: 100_000_000 }, maxBackoff: { nanos: 100_000_000 } }
const [DEADLINE_EXCEEDED, ALREADY_EXISTS, PERMISSION_DENIED, UNAVAILABLE] = [4, 6, 7, 14]

let rig: LocalRig
let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tasks-'))
  rig = await openLocalRig(folder, { control: { port: 0 } })
})
afterEach(async () => {
  await rig.close()
  await rm(folder, { recursive: true, force: true })
})

describe('faults on calls', () => {
  it('refuses before the effect, as often as told', async () => {
    const parent = await rig.queue()
    rig.tasks.faults.add({ on: 'rpc', kind: 'error', code: PERMISSION_DENIED, times: 2 })
    const create = () => rig.create(parent, { id: 'a', scheduleTime: LATER() })
    expect((await refusal(create())).code).toBe(PERMISSION_DENIED)
    expect((await refusal(create())).code).toBe(PERMISSION_DENIED)
    await create()
    expect(rig.tasks.stats.rpcs['CreateTask']).toEqual({ ok: 1, failed: 2 })
    expect(rig.tasks.stats.faults).toEqual({ 'rpc.error': 2 })
  })

  it('loses the answer after the effect: the same name then exists (F12)', async () => {
    const parent = await rig.queue()
    rig.tasks.faults.add({
      on: 'rpc',
      method: 'CreateTask',
      kind: 'error',
      when: 'after',
      code: 14,
    })
    const create = () => rig.create(parent, { id: 'a', scheduleTime: LATER() })
    expect((await refusal(create())).code).toBe(UNAVAILABLE)
    expect((await refusal(create())).code).toBe(ALREADY_EXISTS)
  })

  it.each([
    ['after', 1],
    ['before', 0],
  ] as const)('never answers, hung %s its effect on %i task', async (when, live) => {
    const parent = await rig.queue()
    rig.tasks.faults.add({ on: 'rpc', method: 'CreateTask', kind: 'hang', when })
    const task = {
      name: `${parent}/tasks/a`,
      scheduleTime: LATER(),
      httpRequest: { url: rig.worker.url },
    }
    const call = rig.client.createTask({ parent, task }, { timeout: 200 })
    expect((await refusal(call)).code).toBe(DEADLINE_EXCEEDED)
    expect((await rig.client.listTasks({ parent }))[0]).toHaveLength(live)
  })

  it('strikes only the method and the task it names', async () => {
    const parent = await rig.queue()
    const fault = { on: 'rpc', kind: 'error', code: PERMISSION_DENIED } as const
    rig.tasks.faults.add({ ...fault, method: 'CreateTask', task: '^bad-' })
    rig.tasks.faults.add({ ...fault, method: 'PauseQueue' })
    const name = await rig.create(parent, { id: 'not-bad-', scheduleTime: LATER() })
    await rig.get(name)
    const refused = await refusal(rig.create(parent, { id: 'bad-1', scheduleTime: LATER() }))
    expect(refused.code).toBe(PERMISSION_DENIED)
    expect((await refusal(rig.client.pauseQueue({ name: parent }))).code).toBe(PERMISSION_DENIED)
    expect(rig.tasks.faults.list()).toEqual([])
  })
})

describe('faults on deliveries', () => {
  const add = (fault: Record<string, unknown>) =>
    rig.tasks.faults.add({ on: 'delivery', ...fault } as TasksFault)
  const counts = () =>
    rig.worker.received.map(({ headers }) => headers['x-cloudtasks-taskretrycount'])

  it('drops attempts that the target never sees but that count (F42)', async () => {
    add({ kind: 'drop', times: 2, task: '^job-' })
    await rig.gone(await rig.create(await rig.queue(), { id: 'job-1' }))
    expect(counts()).toEqual(['2'])
    expect(rig.worker.received[0]?.headers).toMatchObject({
      'x-cloudtasks-taskexecutioncount': '0',
      'x-cloudtasks-taskpreviousresponse': '503',
    })
    expect(rig.tasks.stats.deliveries).toMatchObject({ started: 3, succeeded: 1, failed: 2 })
    expect(rig.tasks.stats.deliveries.byStatus).toEqual({ 200: 1, 503: 2 })
  })

  it('burns every attempt without the target ever knowing (F42)', async () => {
    add({ kind: 'drop', times: -1 })
    await rig.gone(await rig.create(await rig.queue({ retryConfig: { ...FAST, maxAttempts: 3 } })))
    expect(rig.worker.received).toEqual([])
    expect(rig.tasks.stats.tasks).toMatchObject({ created: 1, exhausted: 1 })
  })

  it('delivers twice at once, as the same attempt (F23)', async () => {
    add({ kind: 'duplicate' })
    rig.worker.script(hang, hang)
    await rig.create(await rig.queue())
    await rig.worker.request(2)
    expect(counts()).toEqual(['0', '0'])
    expect(rig.tasks.stats.deliveries.started).toBe(1)
  })

  it('takes down another answer than the one given: a lost 2xx comes back (F40)', async () => {
    add({ kind: 'answer', status: 503 })
    await rig.gone(await rig.create(await rig.queue()))
    expect(counts()).toEqual(['0', '1'])
  })

  it('breaks the connection as the answer begins', async () => {
    add({ kind: 'reset' })
    await rig.gone(await rig.create(await rig.queue()))
    expect(counts()).toEqual(['0', '1'])
    expect(rig.tasks.stats.deliveries.byStatus).toEqual({ 200: 1, 503: 1 })
  })

  it('breaks the connection while the target still works (F54)', async () => {
    add({ kind: 'reset', afterMs: 50 })
    rig.worker.script(hang)
    await rig.gone(await rig.create(await rig.queue()))
    expect(rig.worker.received[0]?.isCutOff).toBe(true)
    expect(counts()).toEqual(['0', '1'])
  })

  it('shortens the dispatch deadline (F31)', async () => {
    add({ kind: 'deadline', ms: 50 })
    rig.worker.script(hang)
    await rig.gone(await rig.create(await rig.queue()))
    expect(rig.worker.received[1]?.headers['x-cloudtasks-taskpreviousresponse']).toBe('504')
  })

  it('delays one delivery past another', async () => {
    add({ kind: 'delay', ms: 300, task: '^slow$' })
    const parent = await rig.queue()
    const slow = await rig.create(parent, { id: 'slow' })
    await rig.gone(await rig.create(parent, { id: 'quick' }))
    await rig.gone(slow)
    const order = rig.worker.received.map(({ headers }) => headers['x-cloudtasks-taskname'])
    expect(order).toEqual(['quick', 'slow'])
  })
})

describe('the control port', () => {
  const bodySchema = z.union([z.array(z.unknown()), z.looseObject({})])
  async function control(path: string, method = 'GET', body?: unknown) {
    const init = body === undefined ? { method } : { method, body: JSON.stringify(body) }
    const answer = await fetch(`${rig.tasks.controlUrl}${path}`, init)
    return { status: answer.status, body: bodySchema.parse(await answer.json()) }
  }

  it('arms, lists and clears faults', async () => {
    const fault = { on: 'delivery', kind: 'drop', times: 3 }
    const armed = await control('/faults', 'POST', fault)
    await control('/faults', 'POST', { on: 'rpc', kind: 'hang' })
    const { id } = z.object({ id: z.uuid() }).parse(armed.body)
    expect((await control('/faults')).body).toMatchObject([
      { ...fault, id: id, status: 503 },
      { kind: 'hang', when: 'after', method: '*', times: 1 },
    ])
    await control(`/faults?id=${id}`, 'DELETE')
    expect((await control('/faults')).body).toHaveLength(1)
    expect((await control('/faults', 'DELETE')).body).toEqual([])
    await rig.gone(await rig.create(await rig.queue()))
    expect(rig.worker.received).toHaveLength(1)
  })

  it.each([
    { on: 'delivery', kind: 'hang' },
    { on: 'rpc', kind: 'error' },
    { on: 'delivery', kind: 'drop', times: 0 },
    { on: 'delivery', kind: 'drop', task: '(' },
  ])('refuses a fault it does not know: %j', async (fault) => {
    expect((await control('/faults', 'POST', fault)).status).toBe(400)
    expect((await control('/faults')).body).toEqual([])
  })

  it('shows counters, queues and tasks, without bodies', async () => {
    const parent = await rig.queue()
    const httpRequest = { body: Buffer.from('secret') }
    const name = await rig.create(parent, { scheduleTime: LATER(), httpRequest })
    expect((await control('/stats')).body).toMatchObject({ tasks: { created: 1 } })
    expect((await control('/queues')).body).toMatchObject([{ name: parent, live: 1, inFlight: 0 }])
    const { body } = await control(`/tasks?queue=${parent}`)
    expect(body).toMatchObject([{ name, progress: { dispatchCount: 0 } }])
    expect(JSON.stringify(body)).not.toContain(Buffer.from('secret').toString('base64'))
    expect((await control('/nowhere')).status).toBe(404)
  })

  it('pauses, resumes and purges every queue or one', async () => {
    const [one, two] = [await rig.queue(), await rig.queue()]
    const paused = await control('/pause', 'POST')
    expect(paused.body).toEqual(expect.arrayContaining([one, two]))
    const [kept, purged] = [await rig.create(one), await rig.create(two)]
    await control(`/purge?queue=${two}`, 'POST')
    await rig.gone(purged)
    expect((await rig.get(kept)).dispatchCount).toBe(0)
    await control('/resume', 'POST')
    await rig.gone(kept)
    expect(rig.worker.received).toHaveLength(1)
  })
})

describe('the dispatcher', () => {
  it('lets an answer end only the task it was asked for, not its namesake', () =>
    withFolder(async (own) => {
      const reborn = await openLocalRig(own, { tombstoneTtlMs: 0, control: { port: 0 } })
      let succeed = () => {}
      reborn.worker.script((res) => {
        succeed = () => void res.writeHead(200).end()
      })
      const parent = await reborn.queue()
      const name = await reborn.create(parent, { id: 'name' })
      await reborn.worker.request(1)
      await reborn.client.deleteTask({ name })
      await reborn.create(parent, { id: 'name', scheduleTime: LATER() })
      succeed()
      await expect.poll(() => reborn.tasks.stats.deliveries.succeeded).toBe(1)
      expect((await reborn.get(name)).dispatchCount).toBe(0)
      await reborn.close()
    }))

  it('takes overdue tasks in the order of their times', () =>
    withFolder(async (own) => {
      const clock = simulatedClock()
      const timed = await openLocalRig(own, { clock })
      const parent = await timed.queue({ rateLimits: { maxConcurrentDispatches: 1 } })
      await timed.client.pauseQueue({ name: parent })
      const minutes = Array.from({ length: 60 }, (_, n) => (n * 37) % 60)
      for (const minute of minutes) {
        const scheduleTime = span(clock.now() + minute * 60_000)
        await timed.create(parent, { id: `at-${minute}`, scheduleTime })
      }
      await clock.advance(3_600_000)
      await timed.client.resumeQueue({ name: parent })
      await timed.worker.request(60)
      const order = timed.worker.received.map(({ headers }) => headers['x-cloudtasks-taskname'])
      expect(order).toEqual(minutes.toSorted((a, b) => a - b).map((minute) => `at-${minute}`))
      await timed.close()
    }))
})
