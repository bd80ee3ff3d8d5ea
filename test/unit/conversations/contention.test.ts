import { expect, test } from 'vitest'
import { createMemoryObjectStore } from '../../../src/adapters/memory/object-store.ts'
import { createCrc32c } from '../../../src/adapters/native-crc/index.ts'
import { createTimelineStore } from '../../../src/adapters/timeline/index.ts'
import { SECOND_MS } from '../../../src/kernel/index.ts'
import type { ObjectStore } from '../../../src/ports/index.ts'
import { NOON, newUser, speech } from '../../conformance/conversation-store/timelines.ts'
import { seededRandom } from '../../support/audio.ts'
import { simulatedClock } from '../../support/simulated-clock.ts'

/** A small read and a small write as Cloud Storage answers them from the same region. */
const READ_MS = 20
const WRITE_MS = 60
const SEGMENTS_EACH = 10

/** So many processes land five segments at once each, ten in all, on one day. */
async function crowd(writers: number) {
  const clock = simulatedClock(NOON)
  const memory = createMemoryObjectStore({ clock, checksum: createCrc32c })
  const counts = { writes: 0, conflicts: 0 }
  const objects: ObjectStore = {
    ...memory,
    read: async (name, signal) => {
      await clock.sleep(READ_MS)
      return memory.read(name, signal)
    },
    replace: async (...args) => {
      await clock.sleep(WRITE_MS)
      const answer = await memory.replace(...args)
      counts[answer.kind === 'written' ? 'writes' : 'conflicts'] += 1
      return answer
    },
  }
  const user = newUser()
  const land = async (id: number) => {
    const store = createTimelineStore({ objects, clock, random: seededRandom(id + 1) })
    const own = Array.from({ length: SEGMENTS_EACH }, (_, i) =>
      speech(NOON + (id * SEGMENTS_EACH + i) * 20 * SECOND_MS),
    )
    for (const half of [own.slice(0, 5), own.slice(5)]) {
      await Promise.all(half.map((member) => store.land(user, [member])))
    }
  }
  let isOver = false
  const work = Promise.all(Array.from({ length: writers }, (_, id) => land(id))).finally(() => {
    isOver = true
  })
  while (!isOver) await clock.advance(10)
  await work
  const store = createTimelineStore({ objects: memory, clock, random: () => 0 })
  const [all] = await store.list(user, { limit: 2 })
  return { ...counts, landed: all?.members.length, ms: clock.now() - NOON }
}

test.for([
  { writers: 1, most: { writes: 4, conflicts: 0 } },
  { writers: 5, most: { writes: 25, conflicts: 50 } },
  { writers: 20, most: { writes: 100, conflicts: 250 } },
])(
  '$writers processes at one day document lose no segment, and give up on none',
  async ({ writers, most }) => {
    const { writes, conflicts, landed, ms } = await crowd(writers)
    expect(landed).toBe(writers * SEGMENTS_EACH)
    // What comes during a write goes out with the next: fewer writes than segments.
    expect(writes).toBeLessThanOrEqual(most.writes)
    expect(conflicts).toBeLessThanOrEqual(most.conflicts)
    expect(ms).toBeLessThan(writers * SECOND_MS)
  },
)
