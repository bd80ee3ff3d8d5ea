import { describe, expect, test } from 'vitest'
import type { GcsSubject } from './subject.ts'

/** Once-guards and compare-and-swap stand on these. */
export function preconditionLaws(gcs: GcsSubject): void {
  describe('a precondition', () => {
    test.for([true, false])('of absence lets one create pass, resumable %s', async (resumable) => {
      const file = gcs.freshFile()
      await gcs.put(file, 'first', { resumable })
      const refused = gcs.put(file, 'second', { resumable })
      await expect(refused).rejects.toMatchObject({ code: 412 })
      expect((await file.download())[0].toString()).toBe('first')
    })

    test.for([true, false])(
      'of absence: one of 8 at once wins, resumable %s',
      async (resumable) => {
        const file = gcs.freshFile()
        const writers = Array.from({ length: 8 }, (_, writer) => `writer ${writer}`)
        const results = await Promise.allSettled(
          writers.map((each) => gcs.put(gcs.bucket.file(file.name), each, { resumable })),
        )
        const won = writers.filter((_, at) => results[at]?.status === 'fulfilled')
        const codes = results.flatMap((each) =>
          each.status === 'rejected' ? each.reason.code : [],
        )
        expect(codes).toEqual([412, 412, 412, 412, 412, 412, 412])
        expect([(await file.download())[0].toString()]).toEqual(won)
      },
    )

    test('of a generation lets an overwrite pass once', async () => {
      const file = gcs.freshFile()
      await gcs.put(file, 'one')
      const seen = { ifGenerationMatch: await gcs.generationOf(file) }
      await gcs.put(file, 'two', { preconditionOpts: seen })
      const late = gcs.put(file, 'three', { preconditionOpts: seen })
      await expect(late).rejects.toMatchObject({ code: 412 })
      expect((await file.download())[0].toString()).toBe('two')
    })

    test('of another generation refuses a write over that very one', async () => {
      const file = gcs.freshFile()
      await gcs.put(file, 'one')
      const ifGenerationNotMatch = await gcs.generationOf(file)
      const refused = gcs.put(file, 'two', { preconditionOpts: { ifGenerationNotMatch } })
      await expect(refused).rejects.toMatchObject({ code: 412 })
      await gcs.put(file, 'two', { preconditionOpts: { ifGenerationNotMatch: 1 } })
    })

    test('of a metageneration refuses a change of metadata seen too late', async () => {
      const file = gcs.freshFile()
      await gcs.put(file, 'x')
      const seen = { ifMetagenerationMatch: 1 }
      await file.setMetadata({ metadata: { turn: '1' } }, seen)
      const late = file.setMetadata({ metadata: { turn: '2' } }, seen)
      await expect(late).rejects.toMatchObject({ code: 412 })
      expect((await file.getMetadata())[0]).toMatchObject({
        metageneration: '2',
        metadata: { turn: '1' },
      })
    })

    test('is refused in the shape of the JSON API', async () => {
      const file = gcs.freshFile()
      await gcs.put(file, 'x')
      const answer = await fetch(gcs.objectUrl(file, '?ifGenerationMatch=1'))
      expect(answer.status).toBe(412)
      expect(await answer.json()).toMatchObject({
        error: { code: 412, errors: [{ domain: 'global', reason: 'conditionNotMet' }] },
      })
    })
  })

  test('generations rise strictly, over overwrites, deletes and other objects', async () => {
    const file = gcs.freshFile()
    const seen: number[] = []
    for (let turn = 0; turn < 3; turn += 1) {
      await gcs.put(file, `turn ${turn}`)
      const created = await gcs.generationOf(file)
      await gcs.put(file, 'again', { preconditionOpts: { ifGenerationMatch: created } })
      seen.push(created, await gcs.generationOf(file))
      await file.delete()
    }
    expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b))
  })
}
