import { recording } from '../../support/audio.ts'

const FILES = 6
const FILE_SECONDS = 600

/** An hour of real speech as six files of ten minutes, as a phone would send it. */
export async function hourOfSpeech() {
  const spoken = await recording('austen-leisure')
  const times = Math.round(FILE_SECONDS / spoken.seconds)
  const body = Buffer.concat(Array.from({ length: times }, () => spoken.body))
  return { body, format: spoken.format, files: FILES, secondsOfFile: times * spoken.seconds }
}

/** In chunks, as a download hands it over. */
export async function* inChunks(body: Buffer): AsyncGenerator<Uint8Array> {
  const size = 64 * 1_024
  for (let at = 0; at < body.byteLength; at += size) yield body.subarray(at, at + size)
}
