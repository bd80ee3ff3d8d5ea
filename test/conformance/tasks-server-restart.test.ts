import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { simulatedClock } from '../support/simulated-clock.ts'
import { openLocalRig, withFolder } from './tasks-server/local-rig.ts'
import { connect, openRig, refusal, span } from './tasks-server/rig.ts'
import { hang } from './tasks-server/worker.ts'

const HOUR = 3_600_000
const LOCATION = 'projects/test-project/locations/here'

async function startChild(folder: string) {
  const script = fileURLToPath(new URL('tasks-server/child.ts', import.meta.url))
  const child = spawn(process.execPath, [script, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [port] = await once(child.stdout, 'data')
  const server = { host: '127.0.0.1', port: Number(port), location: LOCATION }
  const client = connect(server)
  const rig = await openRig({ ...server, close: async () => {} }, client)
  return {
    ...rig,
    async kill() {
      const exit = once(child, 'exit')
      child.kill('SIGKILL')
      await exit
      await client.close()
    },
  }
}

describe('a restart of the tasks server', () => {
  it('keeps queues, their state, live tasks and burnt names', () =>
    withFolder(async (folder) => {
      const before = await openLocalRig(folder)
      const retryConfig = { maxAttempts: 5, minBackoff: span(18_000), maxBackoff: span(300_000) }
      const parent = await before.queue({ retryConfig })
      await before.gone(await before.create(parent, { id: 'ended' }))
      await before.client.pauseQueue({ name: parent })
      const body = Buffer.from([0, 200, 255])
      const live = await before.create(parent, { id: 'live', httpRequest: { body } })
      const [queueBefore] = await before.client.getQueue({ name: parent })
      const [taskBefore] = await before.client.getTask({ name: live, responseView: 'FULL' })
      await before.close()

      const after = await openLocalRig(folder)
      expect((await after.client.getQueue({ name: parent }))[0]).toEqual(queueBefore)
      const [taskAfter] = await after.client.getTask({ name: live, responseView: 'FULL' })
      expect(taskAfter).toEqual(taskBefore)
      expect(taskAfter.httpRequest?.body).toEqual(body)
      const words = async (id: string) => (await refusal(after.create(parent, { id }))).details
      expect(await words('live')).toBe('Requested entity already exists')
      expect(await words('ended')).toContain('existed too recently')
      await after.close()
    }))

  it('keeps the place in the backoff', () =>
    withFolder(async (folder) => {
      const clock = simulatedClock()
      const before = await openLocalRig(folder, { clock })
      before.worker.script(500, 404)
      const retryConfig = { minBackoff: span(HOUR), maxBackoff: span(8 * HOUR) }
      const parent = await before.queue({ retryConfig })
      const name = await before.create(parent)
      await before.failed(name, 1)
      await clock.advance(HOUR)
      const { scheduleMs } = await before.failed(name, 2)
      expect(scheduleMs - clock.now()).toBe(2 * HOUR)
      await before.tasks.close()

      const after = await openLocalRig(folder, { clock })
      await clock.advance(2 * HOUR - 1)
      expect((await after.get(name)).dispatchCount).toBe(2)
      await clock.advance(1)
      // The worker of the former rig is still the target.
      const { headers } = await before.worker.request(3)
      expect(headers).toMatchObject({
        'x-cloudtasks-taskretrycount': '2',
        'x-cloudtasks-taskexecutioncount': '1',
        'x-cloudtasks-taskpreviousresponse': '404',
      })
      await after.gone(name)
      await Promise.all([after.close(), before.close()])
    }))

  it('cuts a running delivery off and makes it again', () =>
    withFolder(async (folder) => {
      const before = await openLocalRig(folder)
      before.worker.script(hang)
      const name = await before.create(await before.queue())
      const first = await before.worker.request(1)
      await new Promise<void>((resolve) => {
        setImmediate(() => resolve(before.tasks.close()))
      })
      await expect.poll(() => first.isCutOff).toBe(true)

      const after = await openLocalRig(folder)
      const second = await before.worker.request(2)
      expect(second.headers['x-cloudtasks-taskretrycount']).toBe('1')
      // Nobody judged the attempt that was cut off.
      expect(second.headers).not.toHaveProperty('x-cloudtasks-taskpreviousresponse')
      await after.gone(name)
      await Promise.all([after.close(), before.close()])
    }))

  it('frees its ports for the next server', () =>
    withFolder(async (folder) => {
      const before = await openLocalRig(folder, { control: { port: 0 } })
      const controlPort = Number(new URL(before.tasks.controlUrl ?? '').port)
      await before.close()
      const after = await openLocalRig(folder, {
        port: before.tasks.port,
        control: { port: controlPort },
      })
      expect([after.tasks.port, after.tasks.controlUrl]).toEqual([
        before.tasks.port,
        before.tasks.controlUrl,
      ])
      await after.close()
    }))

  it('gives a queue of its options their settings without waking a paused one', () =>
    withFolder(async (folder) => {
      const name = `${LOCATION}/queues/jobs`
      const before = await openLocalRig(folder, { queues: [{ name, maxAttempts: 5 }] })
      await before.client.pauseQueue({ name })
      await before.close()
      const queues = [{ name, maxAttempts: 7, minBackoffMs: 18_000, maxDoublings: 0 }]
      const after = await openLocalRig(folder, { queues })
      const [queue] = await after.client.getQueue({ name })
      expect(queue).toMatchObject({
        state: 'PAUSED',
        retryConfig: { maxAttempts: 7, maxDoublings: 0 },
      })
      await after.close()
    }))
})

describe('a killed tasks server', () => {
  it('loses no task it answered for, and delivers the one in flight again', () =>
    withFolder(async (folder) => {
      const victim = await startChild(folder)
      victim.worker.script(hang)
      const parent = await victim.queue()
      const inFlight = await victim.create(parent, { id: 'in-flight' })
      await victim.worker.request(1)
      const scheduleTime = span(Date.now() + HOUR)
      const creations = Array.from({ length: 40 }, () => victim.create(parent, { scheduleTime }))
      const names = await Promise.all(creations)
      await victim.kill()

      const after = await openLocalRig(folder)
      const [tasks] = await after.client.listTasks({ parent })
      const listed = tasks.map(({ name }) => name)
      expect(listed).toEqual(expect.arrayContaining(names))
      const again = await victim.worker.request(2)
      expect(again.headers['x-cloudtasks-taskname']).toBe('in-flight')
      expect(again.headers['x-cloudtasks-taskretrycount']).toBe('1')
      await after.gone(inFlight)
      await Promise.all([after.close(), victim.worker.close()])
    }))
})

describe('the journal of the tasks server', () => {
  const fileIn = (folder: string) => join(folder, 'tasks.jsonl')

  it('may end in a torn line, which was never answered for', () =>
    withFolder(async (folder) => {
      const before = await openLocalRig(folder)
      const parent = await before.queue()
      const scheduleTime = span(Date.now() + HOUR)
      const whole = await before.create(parent, { scheduleTime })
      await before.close()
      await appendFile(fileIn(folder), '{"type":"task-set","task":{"name":"projec')

      for (let start = 0; start < 2; start++) {
        const after = await openLocalRig(folder)
        const [tasks] = await after.client.listTasks({ parent })
        expect(tasks.map(({ name }) => name)).toEqual([whole])
        await after.close()
      }
    }))

  it('stops the start where a line before the last is unreadable', () =>
    withFolder(async (folder) => {
      await writeFile(fileIn(folder), '{"type":"queue-gone","name":"q"}\n{"type":\n')
      await expect(openLocalRig(folder)).rejects.toThrow('tasks.jsonl line 1')
    }))

  it('holds after a start only what still counts', () =>
    withFolder(async (folder) => {
      const clock = simulatedClock()
      const options = { clock, tombstoneTtlMs: HOUR }
      const before = await openLocalRig(folder, options)
      const parent = await before.queue()
      for (let n = 0; n < 20; n++) await before.gone(await before.create(parent))
      await before.close()
      const { size } = await stat(fileIn(folder))
      const kept = await openLocalRig(folder, options)
      await kept.close()
      expect(await readFile(fileIn(folder), 'utf8')).toContain('"task-gone"')
      await clock.advance(HOUR)
      const bare = await openLocalRig(folder, options)
      await bare.close()
      const left = await readFile(fileIn(folder), 'utf8')
      expect(left.split('\n')).toHaveLength(2)
      expect(left).toContain('"queue-set"')
      expect(left.length).toBeLessThan(size / 20)
    }))
})
