import { describe, expect, it } from 'vitest'
import type { ChecksumFactory } from '../../src/ports/index.ts'

/** Known values, as the object store writes them. Source: RFC 3720 B.4 and the store's documentation. */
const KNOWN: readonly (readonly [string, Uint8Array, string])[] = [
  ['nothing', new Uint8Array(0), 'AAAAAA=='],
  ['123456789', Buffer.from('123456789'), '4waSgw=='],
  ['32 zeros', new Uint8Array(32), 'ipE2qg=='],
  ['32 ones', new Uint8Array(32).fill(0xff), 'YqirQw=='],
]

export function checksumContract(name: string, factory: ChecksumFactory): void {
  describe(`a running checksum (${name})`, () => {
    it.for(KNOWN)('is the CRC32C of %s', ([, bytes, expected]) => {
      const sum = factory()
      sum.update(bytes)
      expect(sum.digest()).toBe(expected)
    })

    it('is the same however the bytes come in pieces', () => {
      const bytes = Buffer.from(Array.from({ length: 1_000 }, (_, i) => i % 251))
      const whole = factory()
      whole.update(bytes)
      for (const size of [1, 7, 64, 999]) {
        const pieces = factory()
        for (let at = 0; at < bytes.length; at += size) pieces.update(bytes.subarray(at, at + size))
        expect(pieces.digest()).toBe(whole.digest())
      }
    })

    it('may be looked at on the way, and shares nothing with another', () => {
      const one = factory()
      const other = factory()
      one.update(Buffer.from('1234'))
      other.update(Buffer.from('noise'))
      expect(one.digest()).toBe(one.digest())
      one.update(Buffer.from('56789'))
      expect(one.digest()).toBe('4waSgw==')
    })
  })
}
