/** CRC32C as the object store computes it, fed in pieces. */
export interface RunningChecksum {
  update(bytes: Uint8Array): void
  /** Base64 of the big-endian value. */
  digest(): string
}

export type ChecksumFactory = () => RunningChecksum
