import { dayStartMs, SECOND_MS } from './time.ts'

/** What the server reads out of a file name such as `audio_omi_opus_16000_1_fs160_1767225600.bin`. */
export interface AudioFormat {
  readonly codec: 'opus' | 'pcm16' | 'pcm8'
  /** Hz of the stored samples. */
  readonly sampleRate: number
  readonly channels: 1
  /** Opus samples a packet; 0 for PCM, which has no packets. */
  readonly frameSize: number
}

export type AudioSource = 'omi' | 'phone' | 'limitless'

export interface AudioFileName {
  readonly name: string
  readonly device: string
  readonly source: AudioSource
  readonly format: AudioFormat
  /** Epoch ms of the first sample. */
  readonly startMs: number
}

export interface NameRefusal {
  readonly refused: string
}

/** No device of this family recorded before 2024. */
const EARLIEST_START_MS = dayStartMs('20240101')
/** A phone's clock may run ahead by this much. */
const MAX_SKEW_MS = 300 * SECOND_MS
/** Above this the number counts milliseconds, below it seconds. */
const MILLISECONDS_ABOVE = 1e10
const MAX_NAME_LENGTH = 255
const DEFAULT_OPUS_FRAME_SIZE = 160
/** Opus packets of 2.5-120 ms at 16 kHz. */
const MAX_OPUS_FRAME_SIZE = 1_920

/** Reads a client's file name, or says in words why it is refused. Pure; `nowMs` bounds the timestamp. */
export function parseAudioFileName(name: string, nowMs: number): AudioFileName | NameRefusal {
  const fault = nameFault(name)
  if (fault !== undefined) return { refused: fault }
  const startMs = readStartMs(name)
  if (startMs === undefined) return { refused: 'no timestamp after the last underscore' }
  if (startMs < EARLIEST_START_MS) return { refused: 'timestamp is before 2024' }
  if (startMs > nowMs + MAX_SKEW_MS) return { refused: 'timestamp is in the future' }
  const format = readFormat(name)
  if ('refused' in format) return format
  return { name, device: name.split('_')[1] ?? '', source: readSource(name), format, startMs }
}

/** Fresh audio was captured at most `freshMs` ago; older audio waits in its own lane. */
export function laneOf(startMs: number, nowMs: number, freshMs: number): 'fresh' | 'backfill' {
  return nowMs - startMs <= freshMs ? 'fresh' : 'backfill'
}

function nameFault(name: string): string | undefined {
  if (name.length === 0) return 'the file has no name'
  if (name.length > MAX_NAME_LENGTH) return `longer than ${MAX_NAME_LENGTH} characters`
  if (/[/\\]/.test(name)) return 'contains a path separator'
  if (/\p{Cc}/u.test(name)) return 'contains a control character'
  if (!name.isWellFormed()) return 'is not well-formed text'
  if (!name.endsWith('.bin')) return 'does not end in .bin'
  if (!name.includes('_')) return 'has no timestamp part'
  return undefined
}

function readStartMs(name: string): number | undefined {
  const text = name.slice(name.lastIndexOf('_') + 1, name.lastIndexOf('.'))
  if (!/^\d+(\.\d+)?$/.test(text)) return undefined
  const value = Number(text)
  if (!Number.isFinite(value) || value <= 0) return undefined
  return Math.round(value > MILLISECONDS_ABOVE ? value : value * SECOND_MS)
}

function readFormat(name: string): AudioFormat | NameRefusal {
  const pcm = /_pcm(16|8)(?:_(\d{1,6}))?_/.exec(name)
  if (pcm !== null) {
    const codec = pcm[1] === '16' ? 'pcm16' : 'pcm8'
    const sampleRate = Number(pcm[2] ?? (codec === 'pcm16' ? 16_000 : 8_000))
    if (sampleRate < 4_000 || sampleRate > 96_000) {
      return { refused: `sample rate ${sampleRate} is out of range` }
    }
    return { codec, sampleRate, channels: 1, frameSize: 0 }
  }
  const frameSize = Number(/_fs(\d{1,6})/.exec(name)?.[1] ?? DEFAULT_OPUS_FRAME_SIZE)
  if (frameSize < 1 || frameSize > MAX_OPUS_FRAME_SIZE) {
    return { refused: `frame size ${frameSize} is out of range` }
  }
  return { codec: 'opus', sampleRate: 16_000, channels: 1, frameSize }
}

function readSource(name: string): AudioSource {
  const lower = name.toLowerCase()
  if (lower.includes('limitless')) return 'limitless'
  if (lower.includes('omibatchphone') || lower.includes('phonemic')) return 'phone'
  return 'omi'
}
