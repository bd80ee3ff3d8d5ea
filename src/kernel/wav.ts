/** Bytes before the first sample of a WAV file made here: RIFF, `fmt `, `data`. */
export const WAV_HEADER_BYTES = 44

const PCM = 1
const BYTES_PER_SAMPLE = 2

/**
 * A mono 16-bit PCM WAV file. Samples are copied as they lie in memory, which is the little endian
 * that WAV wants on every machine Node runs on but s390x.
 */
export function wavFile(
  pcm: Int16Array<ArrayBuffer>,
  sampleRateHz = 16_000,
): Uint8Array<ArrayBuffer> {
  const file = new Uint8Array(WAV_HEADER_BYTES + pcm.byteLength)
  const header = new DataView(file.buffer)
  const tag = (offset: number, text: string) => {
    for (let i = 0; i < text.length; i += 1) header.setUint8(offset + i, text.charCodeAt(i))
  }
  tag(0, 'RIFF')
  header.setUint32(4, file.byteLength - 8, true)
  tag(8, 'WAVEfmt ')
  header.setUint32(16, 16, true)
  header.setUint16(20, PCM, true)
  header.setUint16(22, 1, true)
  header.setUint32(24, sampleRateHz, true)
  header.setUint32(28, sampleRateHz * BYTES_PER_SAMPLE, true)
  header.setUint16(32, BYTES_PER_SAMPLE, true)
  header.setUint16(34, BYTES_PER_SAMPLE * 8, true)
  tag(36, 'data')
  header.setUint32(40, pcm.byteLength, true)
  file.set(new Uint8Array(pcm.buffer, pcm.byteOffset, pcm.byteLength), WAV_HEADER_BYTES)
  return file
}
