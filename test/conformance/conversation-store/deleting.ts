import { describe, expect, it } from 'vitest'
import {
  DAY_MS,
  SECOND_MS,
  type SegmentId,
  type TimelineMember,
  type UidHash,
} from '../../../src/kernel/index.ts'
import type { ConversationStore, ListCursor, ObjectStore } from '../../../src/ports/index.ts'
import { idAt, keepTranscript, MIDNIGHT, NOON, newUser, speech, transcriptOf } from './timelines.ts'

/** After everything that was recorded and landed before it. */
const DELETED_AT = MIDNIGHT + 30 * DAY_MS
const LATER = DELETED_AT + 1

const ids = (members: readonly TimelineMember[]) => members.map(({ segmentId }) => segmentId)
const asSet = (list: readonly SegmentId[]) => [...new Set(list)].sort()
const at = (seconds: number, shape: Partial<TimelineMember> = {}) =>
  speech(NOON + seconds * SECOND_MS, shape)

export function deleting(
  ready: () => { another(): ConversationStore; readonly objects: ObjectStore },
): void {
  describe('deleting', () => {
    const shown = async (user: UidHash) =>
      (await ready().another().list(user, { limit: 99 })).map(({ members }) => members)
    const bury = (user: UidHash, members: readonly TimelineMember[], deletedAt = DELETED_AT) =>
      ready().another().bury(user, { members, deletedAt })

    it('takes a conversation out of every answer, and leaves the others', async () => {
      const user = newUser()
      const [gone, stays] = [[at(0), at(60)], [at(600)]]
      await ready()
        .another()
        .land(user, [...gone, ...stays])
      expect(asSet(await bury(user, gone))).toEqual(asSet(ids(gone)))
      for (const { seed } of gone) {
        expect(await ready().another().find(user, seed)).toBeUndefined()
        expect(await ready().another().wasDeleted(user, seed)).toBe(true)
      }
      expect(await shown(user)).toEqual([stays])
      expect(await ready().another().wasDeleted(user, idAt(stays, 0))).toBe(false)
      expect(await ready().another().wasDeleted(newUser(), idAt(gone, 0))).toBe(false)
      expect(await ready().another().wasDeleted(user, speech(NOON).seed)).toBe(false)
    })

    it('a second time finishes it and changes nothing', async () => {
      const user = newUser()
      const gone = [at(0), at(60)]
      await ready().another().land(user, gone)
      const first = await bury(user, gone)
      expect(asSet(await bury(user, gone, LATER))).toEqual(asSet(first))
      const late = at(120, { acceptedAt: LATER })
      expect(await ready().another().land(user, [late])).toEqual([])
      expect(await shown(user)).toEqual([[late]])
    })

    it('of one user touches no other', async () => {
      const [user, other] = [newUser(), newUser()]
      const members = [at(0)]
      await ready().another().land(user, members)
      await ready().another().land(other, members)
      await bury(user, members)
      expect(await shown(other)).toEqual([members])
    })

    it('outlives the landing of the same segment again, and one that came first', async () => {
      const user = newUser()
      const [known, unknown] = [at(0), at(30)]
      await ready().another().land(user, [known])
      await bury(user, [known, unknown])
      const landed = await ready().another().land(user, [known, unknown])
      expect(asSet(landed)).toEqual(asSet(ids([known, unknown])))
      expect(await shown(user)).toEqual([])
    })

    it('takes along what was accepted before it and joins it later, in any order', async () => {
      const gone = at(0)
      const late = [at(100), at(200), at(300)]
      for (const order of [late, late.toReversed()]) {
        const user = newUser()
        await ready().another().land(user, [gone])
        await bury(user, [gone])
        const told = new Set<SegmentId>()
        for (const member of order) {
          for (const id of await ready().another().land(user, [member])) told.add(id)
        }
        expect(await shown(user)).toEqual([])
        expect(asSet([...told])).toEqual(asSet(ids(late)))
        for (const { seed } of late) {
          expect(await ready().another().wasDeleted(user, seed)).toBe(true)
        }
      }
    })

    it('says of a segment beforehand that it would be superseded', async () => {
      const user = newUser()
      const gone = at(0)
      await ready().another().land(user, [gone])
      const asked = (member: TimelineMember) => ready().another().isSuperseded(user, member)
      expect(await asked(at(60))).toBe(false)
      await bury(user, [gone])
      expect(await asked(gone)).toBe(true)
      expect(await asked(at(60))).toBe(true)
      expect(await asked(at(129))).toBe(true)
      expect(await asked(at(130))).toBe(false)
      expect(await asked(at(60, { acceptedAt: LATER }))).toBe(false)
      const elsewhere = { source: 'omi', device: 'phone', locked: false }
      expect(await asked(at(60, { partition: elsewhere }))).toBe(false)
      expect(await shown(user)).toEqual([])
    })

    it('takes along what was sent to it by name, whenever', async () => {
      const user = newUser()
      const gone = at(0)
      const sent = at(5_000, { target: gone.seed })
      const later = at(9_000, { target: gone.seed, acceptedAt: LATER })
      await ready().another().land(user, [gone])
      await bury(user, [gone])
      expect(await ready().another().isSuperseded(user, sent)).toBe(true)
      expect(await ready().another().land(user, [sent, later])).toHaveLength(2)
      expect(await shown(user)).toEqual([])
    })

    it('leaves what is recorded or uploaded later: it is new, and joins nothing over it', async () => {
      const user = newUser()
      const gone = at(100)
      await ready().another().land(user, [gone])
      await bury(user, [gone])
      const [before, after] = [at(0, { acceptedAt: LATER }), at(200, { acceptedAt: LATER })]
      expect(await ready().another().land(user, [before, after])).toEqual([])
      expect(await shown(user)).toEqual([[after], [before]])
      for (const each of [before, after]) {
        expect(await ready().another().find(user, each.seed)).toMatchObject({ members: [each] })
      }
    })

    it('half done across midnight hides the whole, and is finished by the next', async () => {
      const user = newUser()
      const [before, after] = [speech(MIDNIGHT - 60 * SECOND_MS), speech(MIDNIGHT + 30 * SECOND_MS)]
      await ready().another().land(user, [before, after])
      const taken = await bury(user, [before])
      expect(asSet(taken)).toEqual(asSet(ids([before, after])))
      expect(await shown(user)).toEqual([])
      expect(await ready().another().find(user, after.seed)).toBeUndefined()
      await bury(user, [before, after])
      expect(await ready().another().wasDeleted(user, after.seed)).toBe(true)
    })

    it('is found by the seed of a segment that was sent elsewhere by name', async () => {
      const user = newUser()
      const home = at(0)
      const sent = at(20 * 86_400, { target: home.seed })
      await keepTranscript(ready().objects, user, transcriptOf(sent, 'elsewhere'))
      await ready().another().land(user, [home, sent])
      await bury(user, [home, sent])
      expect(await ready().another().wasDeleted(user, sent.seed)).toBe(true)
    })

    it('leaves no page short and repeats none', async () => {
      const user = newUser()
      const store = ready().another()
      const days = Array.from({ length: 30 }, (_, i) => speech(MIDNIGHT - i * DAY_MS))
      const gone = days.filter((_, i) => i % 3 === 1)
      // One deleted conversation lies over the edge between two readings of the list.
      const edge = MIDNIGHT - 8 * DAY_MS
      const long = [-50, 40, 130, 220].map((s) => speech(edge + (s + 400) * SECOND_MS))
      const beside = speech(edge + 720 * SECOND_MS)
      await store.land(user, [...days, ...long, beside])
      for (const each of gone) await store.bury(user, { members: [each], deletedAt: DELETED_AT })
      await store.bury(user, { members: long.slice(0, 1), deletedAt: DELETED_AT })
      const starts: number[] = []
      for (let before: ListCursor | undefined; ; ) {
        const page = await store.list(user, { limit: 4, ...(before ? { before } : {}) })
        starts.push(...page.map(({ startMs }) => startMs))
        before = page.at(-1)
        if (page.length < 4) break
      }
      const left = [...days.filter((each) => !gone.includes(each))]
      expect(starts).toEqual(left.map(({ startMs }) => startMs))
    })
  })
}
