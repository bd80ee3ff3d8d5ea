import { describe, expect, it } from 'vitest'
import {
  type ConversationOutline,
  DAY_MS,
  SECOND_MS,
  type UidHash,
} from '../../../src/kernel/index.ts'
import type { ConversationStore, ListCursor } from '../../../src/ports/index.ts'
import { MIDNIGHT, NOON, newUser, speech } from './timelines.ts'

export function listing(ready: () => { another(): ConversationStore }): void {
  describe('list', () => {
    const pagesOf = async (store: ConversationStore, user: UidHash, limit: number) => {
      const pages: (readonly ConversationOutline[])[] = []
      for (let before: ListCursor | undefined; ; ) {
        const page = await store.list(user, { limit, ...(before ? { before } : {}) })
        if (page.length === 0) return pages
        pages.push(page)
        before = page.at(-1)
      }
    }

    it('gives every conversation once, newest first, page by page', async () => {
      const user = newUser()
      const store = ready().another()
      const starts = Array.from({ length: 45 }, (_, i) => NOON - i * 17 * 3_600 * SECOND_MS)
      const members = starts.map((startMs) => speech(startMs))
      await store.land(user, members)
      const pages = await pagesOf(store, user, 7)
      expect(pages.map((page) => page.length)).toEqual([7, 7, 7, 7, 7, 7, 3])
      expect(pages.flat().map(({ startMs }) => startMs)).toEqual(starts)
    })

    it('keeps apart what starts in the same millisecond', async () => {
      const user = newUser()
      const store = ready().another()
      const members = ['a', 'b', 'c'].map((device) =>
        speech(NOON, { partition: { source: 'omi', device, locked: false } }),
      )
      await store.land(user, members)
      const ids = (await pagesOf(store, user, 1)).flat().map(({ id }) => id)
      expect(ids).toEqual(members.map(({ seed }) => seed).sort((a, b) => (a < b ? 1 : -1)))
    })

    it('cuts no conversation at the edge of a page', async () => {
      const user = newUser()
      const store = ready().another()
      const days = Array.from({ length: 20 }, (_, i) => MIDNIGHT - i * DAY_MS)
      const twos = days.map((at) => [speech(at - 30 * SECOND_MS), speech(at + 10 * SECOND_MS)])
      await store.land(user, twos.flat())
      const listed = (await pagesOf(store, user, 3)).flat()
      expect(listed.map(({ members }) => members)).toEqual(twos)
    })

    it('places a conversation by its earliest audio, older than its own day though it be', async () => {
      const user = newUser()
      const store = ready().another()
      const others = Array.from({ length: 25 }, (_, i) => speech(NOON - (i + 1) * DAY_MS))
      const home = speech(NOON)
      const sent = speech(NOON - 15.5 * DAY_MS, { target: home.seed })
      await store.land(user, [...others, home, sent])
      const ids = (await pagesOf(store, user, 4)).flat().map(({ id }) => id)
      const seeds = others.map(({ seed }) => seed)
      expect(ids).toEqual([...seeds.slice(0, 15), home.seed, ...seeds.slice(15)])
    })
  })
}
