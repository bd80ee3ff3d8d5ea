import { Storage } from '@google-cloud/storage'
import type { ChecksumFactory, RunningChecksum } from '../../ports/index.ts'

export interface StorageOptions {
  /** Base URL of a store other than the real one; calls to it carry no credentials. */
  readonly apiEndpoint?: string | undefined
  /** Where the credentials name none. */
  readonly projectId?: string | undefined
  /** CRC32C; the client's own costs 6 ms a MB on the event loop. */
  readonly checksum: ChecksumFactory
}

/**
 * The vendor's client, one a process.
 * @throws Error when STORAGE_EMULATOR_HOST is set: the client then leaves half of the path out of
 * most of its URLs
 */
export function createStorage({ apiEndpoint, projectId, checksum }: StorageOptions): Storage {
  const storage = new Storage({
    ...(apiEndpoint === undefined ? {} : { apiEndpoint }),
    ...(projectId === undefined ? {} : { projectId }),
    retryOptions: { autoRetry: false },
    crc32cGenerator: () => validator(checksum()),
  })
  if (storage.baseUrl !== `${storage.apiEndpoint}/storage/v1`) {
    throw new Error('STORAGE_EMULATOR_HOST must not be set; name the endpoint in the configuration')
  }
  return storage
}

/** Our checksum in the vendor's shape. */
function validator(sum: RunningChecksum) {
  return {
    update: (bytes: Buffer) => sum.update(bytes),
    toString: () => sum.digest(),
    validate: (expected: { toString(): string }) => sum.digest() === String(expected),
  }
}
