import { describe, expect, it } from 'vitest'
import { type Rig, refusal, span } from './rig.ts'

const LATER = () => span(Date.now() + 3_600_000)
const NOT_FOUND = 5
const ALREADY_EXISTS = 6
const GONE =
  'The task no longer exists, though a task with this name existed recently. The task either successfully completed or was deleted.'

export function namesContract(rig: () => Rig): void {
  describe('task names', () => {
    it('gives a live task to GetTask, its body only in the full view', async () => {
      const { client, queue, create } = rig()
      const parent = await queue()
      const name = await create(parent, {
        scheduleTime: LATER(),
        httpRequest: { body: Buffer.from([0, 255]), headers: { 'X-Own': '1' } },
      })
      const [basic] = await client.getTask({ name })
      const [full] = await client.getTask({ name, responseView: 'FULL' })
      expect(basic).toMatchObject({ name, view: 'BASIC', dispatchCount: 0 })
      expect(basic.httpRequest?.body).toHaveLength(0)
      expect(full.httpRequest?.body).toEqual(Buffer.from([0, 255]))
      expect(full.httpRequest?.headers).toMatchObject({ 'X-Own': '1' })
      expect(full.httpRequest?.httpMethod).toBe('POST')
      expect(full.dispatchDeadline?.seconds).toBe('600')
    })

    it('names an unnamed task itself, each differently', async () => {
      const { client, queue, worker } = rig()
      const parent = await queue()
      const task = { scheduleTime: LATER(), httpRequest: { url: worker.url } }
      const [[first], [second]] = await Promise.all([
        client.createTask({ parent, task }),
        client.createTask({ parent, task }),
      ])
      expect(first.name).toMatch(new RegExp(`^${parent}/tasks/[A-Za-z0-9_-]+$`))
      expect(second.name).not.toBe(first.name)
    })

    it('refuses a live name as existing (F12)', async () => {
      const { queue, create } = rig()
      const parent = await queue()
      await create(parent, { id: 'twice', scheduleTime: LATER() })
      expect(await refusal(create(parent, { id: 'twice' }))).toEqual({
        code: ALREADY_EXISTS,
        details: 'Requested entity already exists',
      })
    })

    it('lets the same name live in two queues', async () => {
      const { queue, create } = rig()
      const names = [await create(await queue(), { id: 'same', scheduleTime: LATER() })]
      names.push(await create(await queue(), { id: 'same', scheduleTime: LATER() }))
      expect(new Set(names).size).toBe(2)
    })

    it('keeps the name of a delivered task burnt, in its own words (F14)', async () => {
      const { client, queue, create, gone } = rig()
      const parent = await queue()
      const name = await create(parent, { id: 'done' })
      await gone(name)
      expect(await refusal(client.getTask({ name }))).toEqual({ code: NOT_FOUND, details: GONE })
      const again = await refusal(create(parent, { id: 'done' }))
      expect(again.code).toBe(ALREADY_EXISTS)
      expect(again.details).toContain('a task with this name existed too recently')
    })

    it('keeps the name of a deleted task burnt', async () => {
      const { client, queue, create } = rig()
      const parent = await queue()
      const name = await create(parent, { id: 'dropped', scheduleTime: LATER() })
      await client.deleteTask({ name })
      expect(await refusal(client.getTask({ name }))).toEqual({ code: NOT_FOUND, details: GONE })
      expect((await refusal(create(parent, { id: 'dropped' }))).code).toBe(ALREADY_EXISTS)
      expect((await refusal(client.deleteTask({ name }))).code).toBe(NOT_FOUND)
      expect((await refusal(client.runTask({ name }))).code).toBe(NOT_FOUND)
    })

    it('tells a name that never was from one that ended', async () => {
      const { client, queue } = rig()
      const name = `${await queue()}/tasks/never`
      const missing = { code: NOT_FOUND, details: 'Requested entity was not found.' }
      expect(await refusal(client.getTask({ name }))).toEqual(missing)
      expect(await refusal(client.deleteTask({ name }))).toEqual(missing)
      expect(await refusal(client.runTask({ name }))).toEqual(missing)
    })

    it('names the missing queue when a task is made for it (F16)', async () => {
      const { create, server } = rig()
      expect(await refusal(create(`${server.location}/queues/absent`))).toEqual({
        code: NOT_FOUND,
        details:
          'Queue does not exist. If you just created the queue, wait at least a minute for the queue to initialize.',
      })
    })

    it('lists live tasks page by page, each once, without bodies', async () => {
      const { client, queue, create } = rig()
      const parent = await queue()
      const httpRequest = { body: Buffer.from('secret') }
      const names: string[] = []
      for (let n = 0; n < 5; n++) {
        names.push(await create(parent, { scheduleTime: LATER(), httpRequest }))
      }
      const listed: string[] = []
      let pages = 0
      for (let pageToken = ''; pages === 0 || pageToken !== ''; pages++) {
        const [tasks, , response] = await client.listTasks(
          { parent, pageSize: 2, pageToken },
          { autoPaginate: false },
        )
        expect(tasks.map((task) => task.httpRequest?.body?.length)).toEqual(tasks.map(() => 0))
        listed.push(...tasks.map((task) => task.name ?? ''))
        pageToken = response?.nextPageToken ?? ''
      }
      expect(listed.toSorted()).toEqual(names.toSorted())
      expect(pages).toBe(3)
    })
  })
}
