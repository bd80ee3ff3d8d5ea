/**
 * A number hidden in the lowest bit of PCM16 samples, over and over, so that any stretch of a tenth
 * of a second tells whose audio it is: what a transcript must say is known without the service.
 */
const SYNC = 0xa5_1e_c7
const SYNC_BITS = 24
const NUMBER_BITS = 24
const CHECK_BITS = 16
const FRAME_BITS = SYNC_BITS + NUMBER_BITS + CHECK_BITS
/** Odd, so that neighbouring numbers differ in many bits. */
const CHECK_FACTOR = 40_503

/** @param number from 0 to 2^24 - 1 */
export function markSamples(samples: Int16Array, number: number): Int16Array<ArrayBuffer> {
  const frame = [
    ...bitsOf(SYNC, SYNC_BITS),
    ...bitsOf(number, NUMBER_BITS),
    ...bitsOf(checkOf(number), CHECK_BITS),
  ]
  return Int16Array.from(samples, (sample, i) => (sample & ~1) | (frame[i % FRAME_BITS] ?? 0))
}

/** @returns undefined for audio that carries no mark */
export function readMark(samples: Int16Array): number | undefined {
  let recent = 0
  for (let at = 0; at < samples.length - NUMBER_BITS - CHECK_BITS; at += 1) {
    recent = ((recent << 1) | bitAt(samples, at)) & (2 ** SYNC_BITS - 1)
    if (at < SYNC_BITS - 1 || recent !== SYNC) continue
    const number = readBits(samples, at + 1, NUMBER_BITS)
    if (readBits(samples, at + 1 + NUMBER_BITS, CHECK_BITS) === checkOf(number)) return number
  }
  return undefined
}

function checkOf(number: number): number {
  return Math.imul(number + 1, CHECK_FACTOR) & (2 ** CHECK_BITS - 1)
}

function bitsOf(value: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => (value >> (count - 1 - i)) & 1)
}

function readBits(samples: Int16Array, from: number, count: number): number {
  let value = 0
  for (let i = 0; i < count; i += 1) value = (value << 1) | bitAt(samples, from + i)
  return value
}

function bitAt(samples: Int16Array, at: number): number {
  return (samples[at] ?? 0) & 1
}
