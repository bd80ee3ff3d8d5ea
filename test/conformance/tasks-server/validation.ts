import { describe, expect, it } from 'vitest'
import { type Rig, refusal, span, type TaskMessage } from './rig.ts'

const INVALID_ARGUMENT = 3
const KB = 1_024
const DAY_MS = 24 * 3_600_000

export function validationContract(rig: () => Rig): void {
  describe('validation of tasks', () => {
    const refused: readonly (readonly [string, () => TaskMessage & { id?: string }, string])[] = [
      ['an id with a dot', () => ({ id: 'a.b' }), 'can contain only letters'],
      ['an id of 501 characters', () => ({ id: 'a'.repeat(501) }), 'between 1 and 500'],
      ['no URL', () => ({ httpRequest: { url: '' } }), 'url is required'],
      ['a URL of another scheme', () => ({ httpRequest: { url: 'ftp://x' } }), "'http://'"],
      ['100 KB of body', () => ({ httpRequest: { body: Buffer.alloc(100 * KB) } }), 'too large'],
      [
        'a body on GET',
        () => ({ httpRequest: { httpMethod: 'GET' as const, body: Buffer.from('x') } }),
        'body',
      ],
      [
        'a schedule beyond 30 days',
        () => ({ scheduleTime: span(Date.now() + 30 * DAY_MS + 60_000) }),
        'too far in the future',
      ],
      ['a deadline of 14 s', () => ({ dispatchDeadline: span(14_000) }), '[15s, 30m]'],
      ['a deadline of 30 min 1 s', () => ({ dispatchDeadline: span(1_801_000) }), '[15s, 30m]'],
    ]
    it.each(refused)('refuses %s and creates nothing', async (_, task, words) => {
      const { client, queue, create } = rig()
      const parent = await queue()
      const answer = await refusal(
        create(parent, { scheduleTime: span(Date.now() + 60_000), ...task() }),
      )
      expect(answer.code).toBe(INVALID_ARGUMENT)
      expect(answer.details).toContain(words)
      expect((await client.listTasks({ parent }))[0]).toEqual([])
    })

    it.each<readonly [string, () => TaskMessage & { id?: string }]>([
      ['an id of 500 characters', () => ({ id: 'Az09_-'.repeat(84).slice(0, 500) })],
      ['99 KB of body', () => ({ httpRequest: { body: Buffer.alloc(99 * KB) } })],
      [
        'a schedule within 30 days',
        () => ({ scheduleTime: span(Date.now() + 30 * DAY_MS - 60_000) }),
      ],
      ['a deadline of 15 s', () => ({ dispatchDeadline: span(15_000) })],
      ['a deadline of 30 min', () => ({ dispatchDeadline: span(1_800_000) })],
    ])('takes %s', async (_, task) => {
      const { queue, create, get } = rig()
      const name = await create(await queue(), {
        scheduleTime: span(Date.now() + 60_000),
        ...task(),
      })
      expect((await get(name)).dispatchCount).toBe(0)
    })

    it('refuses a name that belongs to another queue', async () => {
      const { client, queue, worker } = rig()
      const [parent, other] = [await queue(), await queue()]
      const task = { name: `${other}/tasks/t`, httpRequest: { url: worker.url } }
      const answer = await refusal(client.createTask({ parent, task }))
      expect(answer.code).toBe(INVALID_ARGUMENT)
      expect(answer.details).toBe(
        `The queue name from request ('${parent}') must be the same as the queue name in the named task ('${other}').`,
      )
    })

    it('refuses a malformed queue name', async () => {
      const { client, server } = rig()
      const queue = { name: `${server.location}/queues/under_score` }
      const answer = await refusal(client.createQueue({ parent: server.location, queue }))
      expect(answer.code).toBe(INVALID_ARGUMENT)
      expect(answer.details).toContain('Queue name must be formatted')
    })
  })
}
