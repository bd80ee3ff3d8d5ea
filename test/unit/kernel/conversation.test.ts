import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  assignConversations,
  CONVERSATION_GAP_MS,
  type ConversationOutline,
  conversationIdSchema,
  dayOfConversation,
  fileIdSchema,
  memberOf,
  SECOND_MS,
  seedOf,
  segmentIdSchema,
  type TimelineMember,
} from '../../../src/kernel/index.ts'

const DAY = Date.UTC(2026, 0, 1)
const PARTITION = { source: 'omi', device: 'pendant', locked: false }

type Shape = Partial<Omit<TimelineMember, 'segmentId' | 'seed'>>

function member(index: number, shape: Shape = {}): TimelineMember {
  const segmentId = segmentIdSchema.parse(index.toString(16).padStart(40, '0'))
  const { startMs = DAY, endMs = startMs + SECOND_MS, landedAt = index, ...rest } = shape
  const seed = seedOf(segmentId, startMs)
  return { segmentId, startMs, endMs, landedAt, seed, partition: PARTITION, ...rest }
}

/** Up to forty spans over an hour and a half in three partitions, some sent to another's conversation. */
const timelines = fc
  .array(
    fc.record({
      // On a coarse grid, so that equal starts and gaps of exactly 120 s come up.
      startSeconds: fc.integer({ min: 0, max: 180 }).map((steps) => steps * 30),
      seconds: fc.constantFrom(1, 30, 60, 300),
      device: fc.constantFrom('pendant', 'phone', 'watch'),
      landedAt: fc.integer({ min: 0, max: 8 }),
      sentTo: fc.option(fc.integer({ min: 0, max: 39 }), { freq: 5, nil: undefined }),
    }),
    { maxLength: 40 },
  )
  .map((drawn) => {
    const plain = drawn.map(({ startSeconds, seconds, device, landedAt }, index) => {
      const startMs = DAY + startSeconds * SECOND_MS
      const endMs = startMs + seconds * SECOND_MS
      return member(index, { startMs, endMs, landedAt, partition: { ...PARTITION, device } })
    })
    return plain.map((each, index) => {
      const target = plain[drawn[index]?.sentTo ?? -1]
      const isPlaced =
        target !== undefined && drawn[drawn[index]?.sentTo ?? -1]?.sentTo === undefined
      return isPlaced && target !== each ? { ...each, target: target.seed } : each
    })
  })

const shuffled = timelines.chain((members) =>
  fc.tuple(
    fc.constant(members),
    fc.shuffledSubarray(members, { minLength: members.length, maxLength: members.length }),
  ),
)

describe('assignConversations', () => {
  it('joins spans 119 s apart and splits them at 120 s', () => {
    const first = member(1)
    const later = (gapMs: number) => member(2, { startMs: first.endMs + gapMs })
    expect(assignConversations([first, later(119 * SECOND_MS)])).toHaveLength(1)
    expect(assignConversations([first, later(CONVERSATION_GAP_MS - 1)])).toHaveLength(1)
    expect(assignConversations([first, later(120 * SECOND_MS)])).toHaveLength(2)
  })

  it('measures the silence from the latest end so far, not from the last to start', () => {
    const long = member(1, { endMs: DAY + 300 * SECOND_MS })
    const inside = member(2, { startMs: DAY + 10 * SECOND_MS })
    const after = member(3, { startMs: DAY + 400 * SECOND_MS })
    expect(assignConversations([long, inside, after])).toHaveLength(1)
  })

  it.for(['source', 'device', 'locked'] as const)('never joins across another %s', (part) => {
    const partition = { ...PARTITION, [part]: part === 'locked' ? true : 'other' }
    expect(assignConversations([member(1), member(2, { partition })])).toHaveLength(2)
  })

  it('is the same for every order of arrival', () => {
    fc.assert(
      fc.property(shuffled, ([members, reordered]) => {
        expect(assignConversations(reordered)).toEqual(assignConversations(members))
      }),
    )
  })

  it('puts every segment into exactly one conversation', () => {
    fc.assert(
      fc.property(timelines, (members) => {
        const assigned = assignConversations(members).flatMap((each) => each.members)
        expect(assigned.map((each) => each.segmentId).sort()).toEqual(
          members.map((each) => each.segmentId).sort(),
        )
      }),
    )
  })

  it('splits by silence alone: no shorter one between two, no longer one within', () => {
    fc.assert(
      fc.property(timelines, (members) => {
        const plain = members.filter((each) => each.target === undefined)
        const homes = assignConversations(plain)
        for (const { members: own } of homes) {
          for (const [index, each] of own.entries()) {
            if (index === 0) continue
            const soFar = Math.max(...own.slice(0, index).map(({ endMs }) => endMs))
            expect(each.startMs - soFar).toBeLessThan(CONVERSATION_GAP_MS)
          }
        }
        for (const [a, b] of pairs(homes)) {
          if (a.members[0]?.partition.device !== b.members[0]?.partition.device) continue
          expect(b.startMs - a.endMs).toBeGreaterThanOrEqual(CONVERSATION_GAP_MS)
        }
      }),
    )
  })

  it('spans its members, in their order, and lists conversations by their start', () => {
    fc.assert(
      fc.property(timelines, (given) => {
        const conversations = assignConversations(given)
        for (const { members, startMs, endMs } of conversations) {
          expect(startMs).toBe(Math.min(...members.map((each) => each.startMs)))
          expect(endMs).toBe(Math.max(...members.map((each) => each.endMs)))
          const starts = members.map((each) => each.startMs)
          expect(starts).toEqual([...starts].sort((a, b) => a - b))
        }
        const starts = conversations.map((each) => each.startMs)
        expect(starts).toEqual([...starts].sort((a, b) => a - b))
      }),
    )
  })

  it('keeps an id while later segments land: it is the one of the first that landed', () => {
    fc.assert(
      fc.property(timelines, (drawn) => {
        const members = drawn.map((each, index) => ({ ...each, landedAt: index }))
        let before: ConversationOutline[] = []
        for (let count = 1; count <= members.length; count += 1) {
          const now = assignConversations(members.slice(0, count))
          for (const { id, members: own } of now) {
            const ids = before.filter((each) => each.members.some((m) => own.includes(m)))
            const oldest = ids.sort((a, b) => firstLanding(a) - firstLanding(b))[0]
            const newcomer = members[count - 1]
            expect(id).toBe(oldest?.id ?? newcomer?.target ?? newcomer?.seed)
          }
          before = now
        }
      }),
      { numRuns: 40 },
    )
  })

  it('gives no two conversations the same id', () => {
    fc.assert(
      fc.property(timelines, (members) => {
        const ids = assignConversations(members).map(({ id }) => id)
        expect(new Set(ids).size).toBe(ids.length)
      }),
    )
  })

  it('breaks a tie of landing by segment id', () => {
    const [a, b] = [member(1, { landedAt: 5 }), member(2, { landedAt: 5 })]
    expect(assignConversations([b, a])[0]?.id).toBe(a.seed)
  })

  it('puts a segment with a target where its target is, and lets it bridge nothing', () => {
    const [home, far] = [member(1), member(2, { startMs: DAY + 1_000 * SECOND_MS })]
    const sent = member(3, { startMs: far.endMs + 60 * SECOND_MS, target: home.seed })
    const beyond = member(4, { startMs: sent.endMs + 100 * SECOND_MS })
    const conversations = assignConversations([home, far, sent, beyond])
    expect(conversations.map(({ members }) => members)).toEqual([[home, sent], [far], [beyond]])
  })

  it('keeps together what was sent to a conversation of which nothing is left', () => {
    const target = conversationIdSchema.parse(`20251231-${'f'.repeat(40)}`)
    const sent = [1, 2].map((n) => member(n, { startMs: DAY + n * 1_000 * SECOND_MS, target }))
    expect(assignConversations(sent)).toEqual([
      { id: target, startMs: sent[0]?.startMs, endMs: sent[1]?.endMs, members: sent },
    ])
  })
})

describe('a seed', () => {
  it('names the UTC day of its segment, so that an id alone finds its document', () => {
    const lastOfDay = member(1, { startMs: DAY - 1 })
    expect(dayOfConversation(lastOfDay.seed)).toBe('20251231')
    expect(dayOfConversation(member(2).seed)).toBe('20260101')
  })
})

describe('memberOf', () => {
  it('takes the place that is stored with the transcript, and nothing that was said', () => {
    const { segmentId, startMs, endMs, landedAt, partition, seed } = member(1, { landedAt: 7 })
    const target = member(9).seed
    const transcript = {
      schemaVersion: 1 as const,
      segmentId,
      fileId: fileIdSchema.parse('a'.repeat(40)),
      verdict: 'text' as const,
      text: 'private words',
      words: [],
      provider: 'test',
      startMs,
      endMs,
      speechMs: 900,
      place: { partition, seed },
      acceptedAt: 3,
      landedAt,
    }
    const plain = { segmentId, startMs, endMs, landedAt, acceptedAt: 3, partition, seed }
    expect(memberOf(transcript)).toEqual(plain)
    const sent = memberOf({ ...transcript, place: { partition, seed, target } })
    expect(sent).toEqual({ ...plain, target })
  })
})

function firstLanding({ members }: ConversationOutline): number {
  return Math.min(...members.map((each) => each.landedAt))
}

function pairs<T>(items: readonly T[]): [T, T][] {
  return items.flatMap((a, index) => items.slice(index + 1).map((b): [T, T] => [a, b]))
}
