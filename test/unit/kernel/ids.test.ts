import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import {
  createNaming,
  type FileFacts,
  newJobId,
  parseJobId,
  parseTaskName,
  SHARD_COUNT,
  shardOfJob,
  shardOfUid,
  taskName,
  uidSchema,
} from '../../../src/kernel/index.ts'

const uid = uidSchema.parse('user-1')
const facts: FileFacts = {
  sha256: 'ab',
  startMs: 1,
  codec: 'opus',
  sampleRate: 16_000,
  channels: 1,
  frameSize: 160,
}

describe('a job id', () => {
  test('carries its shard in its last byte, for every shard', () => {
    for (let shard = 0; shard < SHARD_COUNT; shard += 1) {
      const id = newJobId(randomBytes(16), shard)
      expect(shardOfJob(id)).toBe(shard)
      expect(parseJobId(id)).toBe(id)
    }
  })

  test('is refused when it is not one of ours', () => {
    expect(parseJobId('nope')).toBeUndefined()
    expect(parseJobId('00000000-0000-4000-8000-0000000000ff')).toBeUndefined()
  })
})

describe('names', () => {
  const naming = createNaming('a secret of this deployment, kept for ever')

  test('are the same for the same thing and differ for another', () => {
    expect(naming.fileId(uid, facts)).toBe(naming.fileId(uid, { ...facts }))
    for (const other of [
      { sha256: 'ac' },
      { startMs: 2 },
      { frameSize: 320 },
      { codec: 'pcm16' },
    ]) {
      expect(naming.fileId(uid, { ...facts, ...other })).not.toBe(naming.fileId(uid, facts))
    }
    expect(createNaming('another secret').uidHash(uid)).not.toBe(naming.uidHash(uid))
  })

  test('of a content do not depend on the order of its files', () => {
    const a = { name: 'a.bin', sha256: '1' }
    const b = { name: 'b.bin', sha256: '2' }
    expect(naming.contentId(uid, [a, b])).toBe(naming.contentId(uid, [b, a]))
    expect(naming.contentId(uid, [a])).not.toBe(naming.contentId(uid, [a, b]))
  })

  test('a user always falls into the same shard', () => {
    expect(shardOfUid(uid)).toBe(shardOfUid(uidSchema.parse('user-1')))
  })
})

test('a task name tells job and generation, and a foreign name tells nothing', () => {
  const id = newJobId(randomBytes(16), 3)
  expect(taskName(id, 0)).toBe(id)
  expect(parseTaskName(taskName(id, 12))).toEqual({ jobId: id, generation: 12 })
  expect(parseTaskName(taskName(id, 0))).toEqual({ jobId: id, generation: 0 })
  expect(parseTaskName('canary')).toBeUndefined()
  expect(parseTaskName(`${id}-g0`)).toBeUndefined()
})
