import { crc32c } from '@node-rs/crc32'
import type { RunningChecksum } from '../../ports/index.ts'

/** The store's own checksum, computed here; base64 of the big-endian value, as it writes it. */
export function runningCrc32c(): RunningChecksum {
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
