import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { conversationIdSchema, DAY_MS, SECOND_MS } from '../../src/kernel/index.ts'
import type { ConversationStore, ObjectStore } from '../../src/ports/index.ts'
import { deleting } from './conversation-store/deleting.ts'
import { listing } from './conversation-store/listing.ts'
import {
  idAt,
  keepTranscript,
  MIDNIGHT,
  NOON,
  newUser,
  speech,
  transcriptOf,
} from './conversation-store/timelines.ts'

export interface ConversationStoreSubject {
  /** One more store over the same timelines, as another process has it. */
  another(): ConversationStore
  /** Where transcripts are. */
  readonly objects: ObjectStore
  close(): Promise<void>
}

export function conversationStoreContract(
  name: string,
  make: () => Promise<ConversationStoreSubject>,
): void {
  describe(`a conversation store (${name})`, () => {
    let subject: ConversationStoreSubject | undefined
    beforeAll(async () => {
      subject = await make()
    })
    afterAll(() => subject?.close())
    const ready = (): ConversationStoreSubject => {
      if (!subject) throw new Error('the subject is made before the first case')
      return subject
    }
    landing(ready)
    acrossDays(ready)
    targets(ready)
    listing(ready)
    transcripts(ready)
    deleting(ready)
  })
}

type Ready = () => ConversationStoreSubject

function landing(ready: Ready): void {
  describe('landing', () => {
    it('is found by every seed in it, at once and by every process', async () => {
      const user = newUser()
      const members = [speech(NOON), speech(NOON + 60 * SECOND_MS)]
      await ready().another().land(user, members)
      const { another } = ready()
      for (const { seed } of members) {
        const found = await another().find(user, seed)
        expect(found).toEqual({
          id: members[0]?.seed,
          startMs: NOON,
          endMs: NOON + 70 * SECOND_MS,
          members,
        })
      }
    })

    it('a second time changes nothing, even with other facts (I4)', async () => {
      const user = newUser()
      const store = ready().another()
      const first = speech(NOON)
      await store.land(user, [first])
      await store.land(user, [first, { ...first, landedAt: 0, endMs: NOON + 999 * SECOND_MS }])
      const newcomer = speech(NOON + 30 * SECOND_MS)
      const another = ready().another()
      await another.land(user, [{ ...first, endMs: NOON + 1 }, newcomer])
      expect((await store.find(user, first.seed))?.members).toEqual([first, newcomer])
    })

    it('gives the same conversations whatever the order and the calls (I4)', async () => {
      const members = Array.from({ length: 12 }, (_, i) => speech(NOON + i * 100 * SECOND_MS))
      const calls = [
        [members],
        members.map((each) => [each]),
        [members.slice(6).reverse(), members.slice(0, 7)],
      ]
      const outlines = await Promise.all(
        calls.map(async (call) => {
          const user = newUser()
          const store = ready().another()
          for (const batch of call) await store.land(user, batch)
          return store.list(user, { limit: 99 })
        }),
      )
      expect(outlines[1]).toEqual(outlines[0])
      expect(outlines[2]).toEqual(outlines[0])
    })

    it('loses nothing when three processes write a day at once', async () => {
      const user = newUser()
      const stores = [ready().another(), ready().another(), ready().another()]
      const members = Array.from({ length: 30 }, (_, i) => speech(NOON + i * 20 * SECOND_MS))
      await Promise.all(members.map((each, i) => stores[i % 3]?.land(user, [each])))
      const [whole, ...rest] = await ready().another().list(user, { limit: 9 })
      expect(rest).toEqual([])
      expect(whole?.members).toEqual(members)
    })

    it('of nothing is nothing', async () => {
      const user = newUser()
      await ready().another().land(user, [])
      expect(await ready().another().list(user, { limit: 9 })).toEqual([])
    })

    it('of one user is nothing to another', async () => {
      const member = speech(NOON)
      await ready().another().land(newUser(), [member])
      const stranger = newUser()
      expect(await ready().another().find(stranger, member.seed)).toBeUndefined()
      expect(await ready().another().list(stranger, { limit: 9 })).toEqual([])
    })

    it.for(['20260520', '20261399', '99999999'])('of no segment with a day of %s', async (day) => {
      const id = conversationIdSchema.parse(`${day}-${'0'.repeat(40)}`)
      expect(await ready().another().find(newUser(), id)).toBeUndefined()
    })
  })
}

function acrossDays(ready: Ready): void {
  describe('across midnight (F67)', () => {
    it('a conversation is one, from either side', async () => {
      const user = newUser()
      const store = ready().another()
      const members = [-50, -20, 10, 40].map((s) => speech(MIDNIGHT + s * SECOND_MS))
      await store.land(user, members)
      for (const { seed } of members) {
        expect(await store.find(user, seed)).toMatchObject({ id: members[0]?.seed, members })
      }
      expect(await store.list(user, { limit: 9 })).toMatchObject([{ members }])
    })

    it('half of it is what is there; whole once the rest has landed, under the same id', async () => {
      const user = newUser()
      const store = ready().another()
      const after = speech(MIDNIGHT + 10 * SECOND_MS)
      const before = speech(MIDNIGHT - 30 * SECOND_MS)
      await store.land(user, [after])
      expect(await store.find(user, after.seed)).toMatchObject({ id: after.seed, members: [after] })
      await store.land(user, [before])
      for (const { seed } of [before, after]) {
        const found = await store.find(user, seed)
        expect(found).toMatchObject({ id: after.seed, members: [before, after] })
      }
    })

    it('a silence of 120 s over it splits', async () => {
      const user = newUser()
      const store = ready().another()
      const before = speech(MIDNIGHT - 70 * SECOND_MS)
      const after = speech(MIDNIGHT + 60 * SECOND_MS)
      await store.land(user, [before, after])
      expect((await store.find(user, before.seed))?.members).toEqual([before])
      expect((await store.find(user, after.seed))?.members).toEqual([after])
    })

    it('a conversation of three days is whole from its middle, its ends and a list', async () => {
      const user = newUser()
      const store = ready().another()
      const every100s = Array.from({ length: 900 }, (_, i) => (i - 10) * 100 * SECOND_MS)
      const members = every100s.map((offset) => speech(MIDNIGHT + offset))
      await store.land(user, members)
      for (const at of [0, 450, 899]) {
        const found = await store.find(user, idAt(members, at))
        expect(found?.members).toHaveLength(900)
        expect(found?.id).toBe(members[0]?.seed)
      }
      expect(await store.list(user, { limit: 9 })).toHaveLength(1)
    })
  })
}

function targets(ready: Ready): void {
  describe('a segment sent to a conversation by name', () => {
    it('is in it, however far off its own time', async () => {
      const user = newUser()
      const store = ready().another()
      const home = speech(NOON)
      const sent = speech(NOON + 20 * DAY_MS, { target: home.seed })
      await store.land(user, [home])
      await store.land(user, [sent])
      const found = await store.find(user, home.seed)
      expect(found).toMatchObject({ id: home.seed, members: [home, sent] })
      expect(await store.list(user, { limit: 9 })).toEqual([found])
    })

    it('leads there by its own seed too', async () => {
      const user = newUser()
      const { another, objects } = ready()
      const home = speech(NOON)
      const sent = speech(NOON + 20 * DAY_MS, { target: home.seed })
      await keepTranscript(objects, user, transcriptOf(sent, 'elsewhere'))
      await another().land(user, [home])
      expect(await another().find(user, sent.seed)).toBeUndefined()
      await another().land(user, [sent])
      expect(await another().find(user, sent.seed)).toMatchObject({ id: home.seed })
    })
  })
}

function transcripts(ready: Ready): void {
  it('gives the texts of a conversation in its order, leaving out what has none', async () => {
    const user = newUser()
    const { another, objects } = ready()
    const members = Array.from({ length: 20 }, (_, i) => speech(NOON + i * 30 * SECOND_MS))
    await another().land(user, members)
    for (const [index, member] of [...members.entries()].reverse()) {
      if (index !== 7) await keepTranscript(objects, user, transcriptOf(member, `text ${index}`))
    }
    const outline = await another().find(user, idAt(members, 0))
    if (!outline) throw new Error('it has just landed')
    const texts = await another().transcriptsOf(user, outline)
    const expected = members.map((_, index) => `text ${index}`).filter((_, index) => index !== 7)
    expect(texts.map(({ text }) => text)).toEqual(expected)
  })
}
