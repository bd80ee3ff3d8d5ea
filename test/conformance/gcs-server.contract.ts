import { describe } from 'vitest'
import { bucketLaws } from './gcs-server/buckets.ts'
import { changeLaws } from './gcs-server/changes.ts'
import { cutUploadLaws } from './gcs-server/cut-uploads.ts'
import { listingLaws } from './gcs-server/listings.ts'
import { preconditionLaws } from './gcs-server/preconditions.ts'
import { readLaws } from './gcs-server/reads.ts'
import { sessionLaws } from './gcs-server/sessions.ts'
import { type GcsUnderTest, gcsSubject } from './gcs-server/subject.ts'
import { uploadLaws } from './gcs-server/uploads.ts'

/**
 * What this system relies on in Cloud Storage, for any server of its JSON API: asked through the
 * official client where that can ask, and over plain HTTP where it cannot.
 */
export function gcsServerContract(name: string, start: () => Promise<GcsUnderTest>): void {
  describe(name, () => {
    const gcs = gcsSubject(start)
    uploadLaws(gcs)
    cutUploadLaws(gcs)
    sessionLaws(gcs)
    preconditionLaws(gcs)
    readLaws(gcs)
    listingLaws(gcs)
    changeLaws(gcs)
    bucketLaws(gcs)
  })
}
