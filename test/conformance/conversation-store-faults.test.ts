import { describe, expect, it } from 'vitest'
import { createMemoryObjectStore } from '../../src/adapters/memory/object-store.ts'
import { createCrc32c } from '../../src/adapters/native-crc/index.ts'
import { createTimelineStore } from '../../src/adapters/timeline/index.ts'
import {
  MalformedRecordError,
  objectNames,
  SECOND_MS,
  type UidHash,
  UnavailableError,
} from '../../src/kernel/index.ts'
import type { ObjectStore } from '../../src/ports/index.ts'
import { failing } from '../support/failing.ts'
import { simulatedClock } from '../support/simulated-clock.ts'
import {
  keepTranscript,
  NOON,
  newUser,
  speech,
  transcriptOf,
} from './conversation-store/timelines.ts'

const JSON_TYPE = { contentType: 'application/json' }
const outage = () => new UnavailableError('injected', { party: 'gcs' })

function rig() {
  const clock = simulatedClock()
  const objects = createMemoryObjectStore({ clock, checksum: createCrc32c })
  const over = (other: ObjectStore) =>
    createTimelineStore({ objects: other, clock, random: () => 0 })
  return { clock, objects, over, store: over(objects), user: newUser() }
}

const dayName = (user: UidHash) => objectNames.timeline(user, '20260520')

describe('the timeline store', () => {
  it('writes what lands at once in two rounds: the first, and all that came during it', async () => {
    const { objects, over, user } = rig()
    let writes = 0
    const counted: ObjectStore = {
      ...objects,
      replace: (...args) => {
        writes += 1
        return objects.replace(...args)
      },
    }
    const store = over(counted)
    const members = Array.from({ length: 50 }, (_, i) => speech(NOON + i * 30 * SECOND_MS))
    await Promise.all(members.map((member) => store.land(user, [member])))
    expect(writes).toBe(2)
    expect((await store.list(user, { limit: 9 }))[0]?.members).toEqual(members)
  })

  it('writes nothing when everything is there already', async () => {
    const { objects, store, over, user } = rig()
    const member = speech(NOON)
    await store.land(user, [member])
    const readOnly = failing(objects, { on: 'replace', times: Infinity, error: outage })
    await over(readOnly).land(user, [member])
  })

  it('that lost its answer says so, and the next attempt finds the write (I4)', async () => {
    const { objects, over, user } = rig()
    const store = over(failing(objects, { on: 'replace', after: true, error: outage }))
    const member = speech(NOON)
    await expect(store.land(user, [member])).rejects.toThrow(UnavailableError)
    await store.land(user, [member])
    expect((await store.find(user, member.seed))?.members).toEqual([member])
  })

  it('fails those of a round together, and not those who come after', async () => {
    const { objects, over, user } = rig()
    const store = over(failing(objects, { on: 'replace', error: outage }))
    const members = [1, 2, 3].map((n) => speech(NOON + n * 30 * SECOND_MS))
    const landings = await Promise.allSettled(members.map((each) => store.land(user, [each])))
    expect(landings.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled'])
    await store.land(user, members)
    expect((await store.list(user, { limit: 9 }))[0]?.members).toEqual(members)
  })

  it('whose own write is in its way reads it and is content', async () => {
    const { clock, objects, over, user } = rig()
    const forgetful: ObjectStore = {
      ...objects,
      replace: async (...args) => {
        await objects.replace(...args)
        return { kind: 'conflict' }
      },
    }
    const member = speech(NOON)
    const landed = over(forgetful).land(user, [member])
    await clock.advance(SECOND_MS)
    await landed
    expect((await over(objects).find(user, member.seed))?.members).toEqual([member])
  })

  it('gives up on a document that changes under every write, and leaves no pause running', async () => {
    const { clock, objects, over, user } = rig()
    const crowded: ObjectStore = { ...objects, replace: async () => ({ kind: 'conflict' }) }
    const landed = expect(over(crowded).land(user, [speech(NOON)])).rejects.toThrow(
      UnavailableError,
    )
    await clock.advance(60 * SECOND_MS)
    await landed
    expect(clock.sleeping).toBe(0)
  })

  it('keeps what a newer revision has put into a document (F52)', async () => {
    const { objects, store, user } = rig()
    const [known, added] = [speech(NOON), speech(NOON + 30 * SECOND_MS)]
    const gone = { ...speech(NOON + 3_600 * SECOND_MS), deletedAt: 9, why: 'new' }
    const document = {
      schemaVersion: 1,
      day: '20260520',
      members: { [known.segmentId]: { ...known, mood: 'new' } },
      tombstones: { [gone.segmentId]: gone },
      index: [1],
    }
    await objects.create(dayName(user), Buffer.from(JSON.stringify(document)), JSON_TYPE)
    await store.land(user, [added])
    expect(await contentOf(objects, dayName(user))).toEqual({
      ...document,
      members: { ...document.members, [added.segmentId]: added },
    })
  })

  describe('that cannot read a document says which, and changes nothing:', () => {
    const stranger = speech(NOON + 86_400 * SECOND_MS)
    const own = speech(NOON)
    const document = (parts: object) =>
      JSON.stringify({ schemaVersion: 1, day: '20260520', members: {}, tombstones: {}, ...parts })
    it.for([
      ['no JSON', '{"schemaVersion":1,'],
      ['no text', Buffer.from([0xff, 0xfe])],
      ['a newer schema', document({ schemaVersion: 2 })],
      ['another day', document({ day: '20260521' })],
      ['half a member', document({ members: { [own.segmentId]: { ...own, seed: 7 } } })],
      ['a member of another day', document({ members: { [stranger.segmentId]: stranger } })],
      ['a member under another key', document({ members: { [stranger.segmentId]: own } })],
      ['half a tombstone', document({ tombstones: { [own.segmentId]: own } })],
      [
        'a member that is a tombstone',
        document({
          members: { [own.segmentId]: own },
          tombstones: { [own.segmentId]: { ...own, deletedAt: 1 } },
        }),
      ],
    ] as const)('%s', async ([, content]) => {
      const { objects, store, user } = rig()
      const bytes = Buffer.from(content)
      await objects.create(dayName(user), bytes, JSON_TYPE)
      for (const deed of [
        () => store.land(user, [own]),
        () => store.find(user, own.seed),
        () => store.list(user, { limit: 1 }),
      ]) {
        await expect(deed()).rejects.toThrow(MalformedRecordError)
        await expect(deed()).rejects.toThrow(dayName(user))
      }
      expect(Buffer.from((await objects.read(dayName(user)))?.bytes ?? [])).toEqual(bytes)
    })

    it('a name that is no day', async () => {
      const { objects, store, user } = rig()
      await objects.create(
        `${objectNames.timelinePrefix(user)}x.json`,
        Buffer.from('{}'),
        JSON_TYPE,
      )
      await expect(store.list(user, { limit: 1 })).rejects.toThrow(/x\.json/)
    })

    it('a transcript', async () => {
      const { objects, store, user } = rig()
      const member = speech(NOON)
      await keepTranscript(objects, user, { ...transcriptOf(member, 'x'), startMs: -1 })
      await store.land(user, [member])
      const outline = await store.find(user, member.seed)
      if (!outline) throw new Error('it has just landed')
      await expect(store.transcriptsOf(user, outline)).rejects.toThrow(member.segmentId)
    })
  })

  it('says that nothing is proven when the objects cannot be read', async () => {
    const { objects, over, user } = rig()
    const store = over(failing(objects, { on: 'read', times: Infinity, error: outage }))
    const member = speech(NOON)
    await expect(store.find(user, member.seed)).rejects.toThrow(UnavailableError)
    await expect(store.land(user, [member])).rejects.toThrow(UnavailableError)
  })
})

async function contentOf(objects: ObjectStore, name: string): Promise<unknown> {
  const read = await objects.read(name)
  return JSON.parse(Buffer.from(read?.bytes ?? []).toString())
}
