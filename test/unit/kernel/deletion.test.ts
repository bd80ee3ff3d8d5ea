import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  liveConversations,
  SECOND_MS,
  seedOf,
  segmentIdSchema,
  supersededAmong,
  type TimelineFacts,
  type TimelineMember,
} from '../../../src/kernel/index.ts'

const DAY = Date.UTC(2026, 0, 1)
const DELETED_AT = DAY + 100_000 * SECOND_MS
const PARTITION = { source: 'omi', device: 'pendant', locked: false }

function member(index: number, startSeconds: number, acceptedAt: number): TimelineMember {
  const segmentId = segmentIdSchema.parse(index.toString(16).padStart(40, '0'))
  const startMs = DAY + startSeconds * SECOND_MS
  return {
    segmentId,
    startMs,
    endMs: startMs + 30 * SECOND_MS,
    landedAt: index,
    acceptedAt,
    seed: seedOf(segmentId, startMs),
    partition: PARTITION,
  }
}

/** Segments before and after two deletions, some of them deleted by name, some sent to another. */
const timelines = fc
  .array(
    fc.record({
      at: fc.integer({ min: 0, max: 60 }).map((steps) => steps * 50),
      acceptedAt: fc.constantFrom(1, DELETED_AT + 1, DELETED_AT + 11),
      fate: fc.constantFrom<Drawn['fate']>('landed', 'landed', 'landed', 'first', 'second'),
      sentTo: fc.option(fc.integer({ min: 0, max: 19 }), { freq: 6, nil: undefined }),
    }),
    { maxLength: 20 },
  )
  .map((drawn) => {
    const plain = drawn.map(({ at, acceptedAt }, index) => member(index, at, acceptedAt))
    return drawn.map(({ fate, sentTo }, index) => {
      const home = sentTo === undefined ? undefined : plain[sentTo]
      const own = plain[index]
      if (!own) throw new Error('each has its own')
      const placed = home && home !== own ? { ...own, target: home.seed } : own
      return { placed, fate }
    })
  })

const DELETIONS = { first: DELETED_AT, second: DELETED_AT + 10 } as const

interface Drawn {
  readonly placed: TimelineMember
  readonly fate: 'landed' | keyof typeof DELETIONS
}

function factsOf(drawn: readonly Drawn[]): TimelineFacts {
  return {
    members: drawn.filter(({ fate }) => fate === 'landed').map(({ placed }) => placed),
    tombstones: drawn.flatMap(({ placed, fate }) =>
      fate === 'landed' ? [] : [{ ...placed, deletedAt: DELETIONS[fate] }],
    ),
  }
}

const shuffled = timelines.chain((all) =>
  fc.tuple(
    fc.constant(all),
    fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length }),
  ),
)

describe('what a deletion takes along', () => {
  it('is the same for every order of arrival', () => {
    fc.assert(
      fc.property(shuffled, ([all, reordered]) => {
        expect(supersededAmong(factsOf(reordered))).toEqual(supersededAmong(factsOf(all)))
        expect(liveConversations(factsOf(reordered))).toEqual(liveConversations(factsOf(all)))
      }),
    )
  })

  it('only grows with what lands: nothing that is gone comes back', () => {
    fc.assert(
      fc.property(timelines, fc.nat(), (all, at) => {
        const before = supersededAmong(factsOf(all.filter((_, i) => i !== at % all.length)))
        const after = supersededAmong(factsOf(all))
        expect([...before].filter((id) => !after.has(id))).toEqual([])
      }),
    )
  })

  it('is nothing that was accepted later, unless it was sent there by name', () => {
    fc.assert(
      fc.property(timelines, (all) => {
        const facts = factsOf(all)
        const gone = supersededAmong(facts)
        const later = facts.members.filter(
          ({ acceptedAt = 0, target }) => acceptedAt > DELETIONS.second && target === undefined,
        )
        expect(later.filter(({ segmentId }) => gone.has(segmentId))).toEqual([])
      }),
    )
  })

  it('leaves every other segment in exactly one conversation', () => {
    fc.assert(
      fc.property(timelines, (all) => {
        const facts = factsOf(all)
        const gone = supersededAmong(facts)
        const shown = liveConversations(facts).flatMap(({ members }) => members)
        expect(shown.map(({ segmentId }) => segmentId).sort()).toEqual(
          facts.members
            .map(({ segmentId }) => segmentId)
            .filter((id) => !gone.has(id))
            .sort(),
        )
      }),
    )
  })
})
