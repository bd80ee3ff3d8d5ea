import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { GcsSubject } from './subject.ts'

/** Bucket settings are kept and shown; acting on them is not asked. */
export function bucketLaws(gcs: GcsSubject): void {
  describe('a bucket', () => {
    const settings = {
      location: 'EUROPE-WEST1',
      iamConfiguration: { uniformBucketLevelAccess: { enabled: true } },
      softDeletePolicy: { retentionDurationSeconds: '0' },
      lifecycle: { rule: [{ action: { type: 'Delete' as const }, condition: { age: 30 } }] },
    }
    const freshName = () => `b-${randomUUID()}`

    test('shows the settings it was made with, and is listed', async () => {
      const named = freshName()
      const url = `${gcs.endpoint}/storage/v1/b?project=p`
      const body = JSON.stringify({ name: named, ...settings })
      const made = await fetch(url, { method: 'POST', body })
      expect(made.status).toBe(200)
      expect((await gcs.storage.bucket(named).getMetadata())[0]).toMatchObject({
        kind: 'storage#bucket',
        name: named,
        ...settings,
      })
      expect((await gcs.storage.getBuckets())[0].map((each) => each.name)).toContain(named)
      expect((await gcs.storage.bucket(named).exists())[0]).toBe(true)
    })

    test('takes changes one field at a time', async () => {
      const [made] = await gcs.storage.createBucket(freshName(), { location: 'EU' })
      await made.setMetadata(settings)
      await made.setMetadata({ lifecycle: null })
      const [metadata] = await made.getMetadata()
      const { lifecycle: _lifecycle, location: _location, ...kept } = settings
      expect(metadata).toMatchObject(kept)
      expect(metadata.lifecycle).toBeUndefined()
      expect(metadata.metageneration).toBe('3')
    })

    test('tells what a caller may do with it', async () => {
      const [made] = await gcs.storage.createBucket(freshName())
      const asked = ['storage.objects.create', 'storage.objects.delete']
      const [grants] = await made.iam.testPermissions(asked)
      expect(grants).toEqual({ 'storage.objects.create': true, 'storage.objects.delete': true })
    })

    test('can be made once', async () => {
      const named = freshName()
      await gcs.storage.createBucket(named)
      await expect(gcs.storage.createBucket(named)).rejects.toMatchObject({ code: 409 })
    })

    test('that was never made is a 404', async () => {
      const unmade = gcs.storage.bucket(freshName())
      expect((await unmade.exists())[0]).toBe(false)
      await expect(unmade.getMetadata()).rejects.toMatchObject({ code: 404 })
    })
  })
}
