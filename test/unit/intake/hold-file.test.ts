import { describe, expect, test } from 'vitest'
import { holdFile } from '../../../src/intake/hold-file.ts'
import { createUploadMemory } from '../../../src/intake/upload-memory.ts'

const BLOCK_BYTES = 262_144
const counted = Uint8Array.from({ length: 5 * 77_777 }, (_, i) => i % 251)
const chunks = Array.from({ length: 5 }, (_, i) => counted.subarray(i * 77_777, (i + 1) * 77_777))

describe('a held file', () => {
  test('is the bytes that were kept, in their order, whatever a block held before', () => {
    const memory = createUploadMemory(2 * BLOCK_BYTES)
    for (let round = 0; round < 2; round += 1) {
      const held = holdFile(memory, 8 * BLOCK_BYTES)
      for (const chunk of chunks) expect(held.keep(chunk)).toBeUndefined()
      expect(Buffer.concat(held.parts())).toEqual(Buffer.from(counted))
      held.giveBack()
    }
  })

  test('keeps no byte beyond its limit, and hands back the rest', () => {
    const held = holdFile(createUploadMemory(4 * BLOCK_BYTES), 100_000)
    expect(held.keep(counted.subarray(0, 60_000))).toBeUndefined()
    expect(held.keep(counted.subarray(60_000, 120_000))).toEqual(counted.subarray(100_000, 120_000))
    expect(Buffer.concat(held.parts())).toEqual(Buffer.from(counted.subarray(0, 100_000)))
  })

  test('keeps nothing when the memory of all uploads is spent, and again when it is back', () => {
    const memory = createUploadMemory(2 * BLOCK_BYTES)
    const [first, second] = [holdFile(memory, 8 * BLOCK_BYTES), holdFile(memory, 8 * BLOCK_BYTES)]
    for (const chunk of chunks) first.keep(chunk)
    expect(second.keep(counted)).toEqual(counted)
    first.giveBack()
    expect(second.keep(counted)).toBeUndefined()
  })

  test('of no bytes takes no memory', () => {
    const held = holdFile(createUploadMemory(BLOCK_BYTES), BLOCK_BYTES)
    held.keep(new Uint8Array(0))
    expect(held.parts()).toEqual([])
  })
})
