import { describe, expect, it } from 'vitest'
import { createMemoryTaskQueue } from '../../src/adapters/memory/task-queue.ts'
import { systemClock } from '../../src/adapters/system/system-clock.ts'
import { simulatedClock } from '../support/simulated-clock.ts'
import { startCloudQueue } from './task-queue/cloud-subject.ts'
import { newTask, taskQueueContract } from './task-queue.contract.ts'

taskQueueContract('memory', async () => {
  const queue = createMemoryTaskQueue({ clock: systemClock() })
  return {
    queue,
    endTask: async (lane, name) => queue.answered(lane, name, 200),
    close: async () => undefined,
  }
})

taskQueueContract('Cloud Tasks client, local server', async () => {
  const { client, queue, path, close } = await startCloudQueue()
  return {
    queue,
    endTask: async (lane, name) => {
      await (await client.ready()).deleteTask({ name: path(lane, name) })
    },
    close,
  }
})

describe('the memory task queue', () => {
  it('gives out what is due, earliest first, and delays what failed by a doubling backoff', async () => {
    const clock = simulatedClock()
    const queue = createMemoryTaskQueue({ clock, maxAttempts: 3, minBackoffMs: 1_000 })
    const [later, now] = [newTask({ notBefore: clock.now() + 5_000 }), newTask({ notBefore: 0 })]
    for (const task of [later, now]) await queue.create(task)
    const due = () => queue.due().map(({ task, retryCount }) => [task.name, retryCount])
    expect(due()).toEqual([[now.name, 0]])
    queue.answered('fresh', now.name, 500)
    expect(due()).toEqual([])
    await clock.advance(1_000)
    expect(due()).toEqual([[now.name, 1]])
    queue.answered('fresh', now.name, 409)
    await clock.advance(1_999)
    expect(due()).toEqual([])
    await clock.advance(2_001)
    expect(due()).toEqual([
      [now.name, 2],
      [later.name, 0],
    ])
    queue.answered('fresh', now.name, 500)
    expect(await queue.find('fresh', now.name)).toBe('gone')
    expect(await queue.create(now)).toEqual({ kind: 'exists' })
  })

  it('lets a burnt name be used again once its tombstone has lapsed', async () => {
    const clock = simulatedClock()
    const queue = createMemoryTaskQueue({ clock, tombstoneTtlMs: 1_000 })
    const task = newTask()
    await queue.create(task)
    queue.purge()
    await clock.advance(999)
    expect(await queue.create(task)).toEqual({ kind: 'exists' })
    await clock.advance(1)
    expect(await queue.create(task)).toEqual({ kind: 'created' })
  })
})
