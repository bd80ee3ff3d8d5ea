import { describe, expect, test } from 'vitest'
import { createMemoryObjectStore } from '../../../src/adapters/memory/object-store.ts'
import { createCrc32c } from '../../../src/adapters/native-crc/index.ts'
import { systemClock } from '../../../src/adapters/system/system-clock.ts'
import { stageFile } from '../../../src/intake/stage-file.ts'
import { createUploadMemory } from '../../../src/intake/upload-memory.ts'
import { createUploadTotals } from '../../../src/intake/upload-totals.ts'
import { UnavailableError } from '../../../src/kernel/index.ts'
import type { CreateResult, ObjectBody } from '../../../src/ports/index.ts'

const BLOCK_BYTES = 262_144
const FILE_BYTES = 300_000
const FORMAT = { codec: 'pcm16', sampleRate: 16_000, channels: 1, frameSize: 0 } as const
const NO_LIMIT = 1e12
const LIMITS = {
  ...{ maxFiles: 1, maxBytes: NO_LIMIT, maxFrames: NO_LIMIT },
  ...{ maxDecodedBytes: NO_LIMIT, maxDecodedMs: NO_LIMIT },
}

/** Stages files through two blocks of memory; `answer` is what became of a held one's write. */
function createStaging(answer: (real: () => Promise<CreateResult>) => Promise<CreateResult>) {
  const store = createMemoryObjectStore({ clock: systemClock(), checksum: createCrc32c })
  /** The blocks that held each file, as the store was handed them. */
  const held: ArrayBufferLike[][] = []
  const blocksOf = (body: ObjectBody) => [body].flat().map((part) => part.buffer)
  const deps = {
    memory: createUploadMemory(2 * BLOCK_BYTES),
    bufferedFileMaxBytes: FILE_BYTES,
    objects: {
      ...store,
      create: async (...[name, body, options]: Parameters<typeof store.create>) => {
        held.push(blocksOf(body))
        return answer(() => store.create(name, body, options))
      },
    },
  }
  return {
    held,
    stage: (name: string, fill: number, bytes = FILE_BYTES) => {
      async function* body() {
        for (let at = 0; at < bytes; at += 50_000) yield Buffer.alloc(50_000, fill)
      }
      const inspection = createUploadTotals(LIMITS, createCrc32c).inspect(FORMAT)
      return stageFile(deps, body(), name, inspection, new AbortController().signal)
    },
    stored: async (name: string) => Buffer.from((await store.read(name))?.bytes ?? []),
  }
}

describe('staging a file', () => {
  test('holds one file after the other in the same memory', async () => {
    const { stage, stored, held } = createStaging((real) => real())
    for (const fill of [1, 2, 3]) await stage(`staging/${fill}`, fill)
    expect(await stored('staging/2')).toEqual(Buffer.alloc(FILE_BYTES, 2))
    expect(await stored('staging/3')).toEqual(Buffer.alloc(FILE_BYTES, 3))
    expect(held).toHaveLength(3)
    expect(new Set(held.flat()).size).toBe(2)
  })

  test.for([
    ['failed', async () => Promise.reject(new UnavailableError('gone', { party: 'gcs' }))],
    [
      'was answered out of turn',
      async (real: () => Promise<CreateResult>) => {
        await real()
        return 'exists' as const
      },
    ],
  ] as const)(
    'never again uses memory that a write which %s may still be reading',
    async ([, answer]) => {
      const { stage, held } = createStaging(answer)
      for (const fill of [1, 2, 3]) await stage(`staging/${fill}`, fill).catch(() => undefined)
      expect(held).toHaveLength(3)
      expect(new Set(held.flat()).size).toBe(6)
    },
  )

  test('streams a file that is too large to hold, and whatever comes while memory is spent', async () => {
    const release = Promise.withResolvers<void>()
    const { stage, stored, held } = createStaging(async (real) => {
      await release.promise
      return real()
    })
    await stage('staging/large', 1, 2 * FILE_BYTES)
    const holding = stage('staging/held', 2)
    await expect.poll(() => held.length).toBe(1)
    await stage('staging/late', 3)
    release.resolve()
    await holding
    expect(held).toHaveLength(1)
    expect(await stored('staging/large')).toEqual(Buffer.alloc(2 * FILE_BYTES, 1))
    expect(await stored('staging/late')).toEqual(Buffer.alloc(FILE_BYTES, 3))
    expect(await stored('staging/held')).toEqual(Buffer.alloc(FILE_BYTES, 2))
  })
})
