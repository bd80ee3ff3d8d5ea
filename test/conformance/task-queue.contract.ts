import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  jobIdSchema,
  type Lane,
  objectNames,
  shardOfJob,
  TASK_SCHEMA_VERSION,
  uidHashSchema,
} from '../../src/kernel/index.ts'
import type { NewTask, TaskQueue } from '../../src/ports/index.ts'

export interface TaskQueueSubject {
  readonly queue: TaskQueue
  /** As if it had been delivered and answered with 200. */
  endTask(lane: Lane, name: string): Promise<void>
  close(): Promise<void>
}

/** A task nobody delivers while the cases look at it. */
export function newTask(task: Partial<NewTask> = {}): NewTask {
  const jobId = jobIdSchema.parse(`${randomUUID().slice(0, -2)}07`)
  const uidHash = uidHashSchema.parse('0123456789abcdef'.repeat(2))
  return {
    lane: 'fresh',
    name: jobId,
    notBefore: Date.now() + 3_600_000,
    payload: {
      schema_version: TASK_SCHEMA_VERSION,
      job_id: jobId,
      uid_shard: shardOfJob(jobId),
      generation: 0,
      manifest: objectNames.manifest(uidHash, jobId),
    },
    ...task,
  }
}

export function taskQueueContract(name: string, make: () => Promise<TaskQueueSubject>): void {
  describe(`a task queue (${name})`, () => {
    let subject: TaskQueueSubject | undefined
    beforeAll(async () => {
      subject = await make()
    })
    afterAll(() => subject?.close())
    const made = (): TaskQueueSubject => {
      if (!subject) throw new Error('the subject is made before the first case')
      return subject
    }

    it('finds a task that was created live, however far off its time', async () => {
      const { queue } = made()
      const task = newTask({ notBefore: Date.now() + 20 * 86_400_000 })
      expect(await queue.create(task)).toEqual({ kind: 'created' })
      expect(await queue.find(task.lane, task.name)).toBe('live')
    })

    it('says that a task which never was is gone', async () => {
      expect(await made().queue.find('fresh', newTask().name)).toBe('gone')
    })

    it('creates a name once; the second create says it exists (F12)', async () => {
      const { queue } = made()
      const task = newTask()
      await queue.create(task)
      expect(await queue.create(task)).toEqual({ kind: 'exists' })
      expect(await queue.find(task.lane, task.name)).toBe('live')
    })

    it('lets exactly one of eight creates of a name win', async () => {
      const { queue } = made()
      const task = newTask()
      const results = await Promise.all(Array.from({ length: 8 }, () => queue.create(task)))
      expect(results.filter(({ kind }) => kind === 'created')).toHaveLength(1)
      expect(results.filter(({ kind }) => kind === 'exists')).toHaveLength(7)
    })

    it('keeps the name of an ended task burnt: it exists, and is gone (F14)', async () => {
      const { queue, endTask } = made()
      const task = newTask()
      await queue.create(task)
      await endTask(task.lane, task.name)
      expect(await queue.find(task.lane, task.name)).toBe('gone')
      expect(await queue.create(task)).toEqual({ kind: 'exists' })
      expect(await queue.find(task.lane, task.name)).toBe('gone')
    })

    it('keeps the lanes apart', async () => {
      const { queue } = made()
      const task = newTask({ lane: 'backfill' })
      await queue.create(task)
      expect(await queue.find('backfill', task.name)).toBe('live')
      expect(await queue.find('fresh', task.name)).toBe('gone')
    })

    it('does nothing for a caller who has given up', async () => {
      const { queue } = made()
      const why = new Error('the caller gave up')
      const task = newTask()
      await expect(queue.create(task, AbortSignal.abort(why))).rejects.toBe(why)
      await expect(queue.find('fresh', task.name, AbortSignal.abort(why))).rejects.toBe(why)
      expect(await queue.find('fresh', task.name)).toBe('gone')
    })
  })
}
