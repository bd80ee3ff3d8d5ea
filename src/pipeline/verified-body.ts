import { type StagedFile, UnavailableError } from '../kernel/index.ts'
import type { ChecksumFactory } from '../ports/index.ts'

/**
 * The bytes of a staged file, whose end is believed only when size and CRC32C equal the manifest's:
 * a cut download must never read as a recording that ends early (F61).
 * @throws UnavailableError on a mismatch, after the last byte
 */
export async function* verifiedBody(
  source: AsyncIterable<Uint8Array>,
  file: StagedFile,
  checksum: ChecksumFactory,
): AsyncGenerator<Uint8Array, void, undefined> {
  const sum = checksum()
  let sizeBytes = 0
  for await (const chunk of source) {
    sum.update(chunk)
    sizeBytes += chunk.byteLength
    yield chunk
  }
  if (sizeBytes !== file.sizeBytes || sum.digest() !== file.crc32c) {
    throw new UnavailableError('a download does not match its manifest', { party: 'gcs' })
  }
}
