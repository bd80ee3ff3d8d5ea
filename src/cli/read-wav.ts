/** Sound of a WAV file: 16-bit samples of one channel, several mixed down. */
export interface WavSound {
  readonly sampleRateHz: number
  readonly pcm: Int16Array
}

const PCM = 1
const EXTENSIBLE = 0xfffe

/** Reads 16-bit PCM, any rate, any number of channels. @throws Error saying what the file is instead */
export function readWav(bytes: Uint8Array): WavSound {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const tag = (at: number) => String.fromCharCode(...bytes.subarray(at, at + 4))
  if (bytes.length < 12 || tag(0) !== 'RIFF' || tag(8) !== 'WAVE') throw new Error('no WAV file')
  let format: { channels: number; sampleRateHz: number } | undefined
  for (let at = 12; at + 8 <= bytes.length; ) {
    const size = view.getUint32(at + 4, true)
    const body = at + 8
    if (tag(at) === 'fmt ' && body + 16 <= bytes.length) format = readFormat(view, body)
    if (tag(at) === 'data') {
      if (!format) throw new Error('its samples come before their format')
      const end = Math.min(body + size, bytes.length)
      return { sampleRateHz: format.sampleRateHz, pcm: mixDown(view, body, end, format.channels) }
    }
    at = body + size + (size % 2)
  }
  throw new Error('no samples in it')
}

function readFormat(view: DataView, at: number) {
  const coding = view.getUint16(at, true)
  const channels = view.getUint16(at + 2, true)
  const bits = view.getUint16(at + 14, true)
  if ((coding !== PCM && coding !== EXTENSIBLE) || bits !== 16 || channels === 0) {
    throw new Error(`${bits}-bit audio of coding ${coding}; 16-bit PCM is wanted`)
  }
  return { channels, sampleRateHz: view.getUint32(at + 4, true) }
}

function mixDown(view: DataView, from: number, to: number, channels: number): Int16Array {
  const pcm = new Int16Array(Math.floor((to - from) / (2 * channels)))
  for (let i = 0; i < pcm.length; i += 1) {
    let sum = 0
    for (let c = 0; c < channels; c += 1) sum += view.getInt16(from + 2 * (i * channels + c), true)
    pcm[i] = Math.round(sum / channels)
  }
  return pcm
}
