const SERIAL = 1
const PACKETS_A_PAGE = 50
const BEGINS = 2
const ENDS = 4

/** Packets of 16 kHz mono as an Ogg file (RFC 7845), for tools that know no other; below 255 bytes each. */
export function toOggOpus(packets: readonly Uint8Array[], packetMs: number): Buffer {
  const head = Buffer.from('OpusHead\x01\x01\0\0\0\0\0\0\0\0\0', 'latin1')
  head.writeUInt32LE(16_000, 12)
  const tags = Buffer.from('OpusTags\x05\0\0\0bench\0\0\0\0', 'latin1')
  const pages = [pageOf([head], 0, 0, BEGINS), pageOf([tags], 1, 0, 0)]
  for (let at = 0; at < packets.length; at += PACKETS_A_PAGE) {
    const some = packets.slice(at, at + PACKETS_A_PAGE)
    const to = at + some.length
    // Positions count samples at 48 kHz, whatever the file was made from.
    pages.push(pageOf(some, pages.length, to * packetMs * 48, to === packets.length ? ENDS : 0))
  }
  return Buffer.concat(pages)
}

function pageOf(
  packets: readonly Uint8Array[],
  sequence: number,
  position: number,
  flags: number,
): Buffer {
  const header = Buffer.alloc(27)
  header.write('OggS', 'latin1')
  header.writeUInt8(flags, 5)
  header.writeBigUInt64LE(BigInt(position), 6)
  header.writeUInt32LE(SERIAL, 14)
  header.writeUInt32LE(sequence, 18)
  header.writeUInt8(packets.length, 26)
  const page = Buffer.concat([header, Uint8Array.from(packets, ({ length }) => length), ...packets])
  page.writeUInt32LE(checksumOf(page), 22)
  return page
}

/** Ogg's own CRC-32: highest bit first, from zero. */
function checksumOf(bytes: Uint8Array): number {
  let crc = 0
  for (const byte of bytes) {
    crc ^= byte << 24
    for (let bit = 0; bit < 8; bit += 1) crc = (crc << 1) ^ (crc < 0 ? 0x04c1_1db7 : 0)
  }
  return crc >>> 0
}
