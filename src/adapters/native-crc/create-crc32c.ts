import { crc32c } from '@node-rs/crc32'
import type { RunningChecksum } from '../../ports/index.ts'

/** A `ChecksumFactory`. `digest()` may be asked for at any time and does not end the sum. */
export function createCrc32c(): RunningChecksum {
  let value = 0
  return {
    update: (bytes) => {
      value = crc32c(bytes, value)
    },
    digest: () => {
      const bigEndian = Buffer.alloc(4)
      bigEndian.writeUInt32BE(value)
      return bigEndian.toString('base64')
    },
  }
}
