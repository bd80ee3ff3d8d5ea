import { DECODED_RATE_HZ } from '../../kernel/index.ts'

const SAMPLES_PER_MS = DECODED_RATE_HZ / 1_000
/** Loudness is judged over this much: shorter than a pause between words, longer than a stop consonant. */
const FRAME_MS = 20
const QUIET_FRAMES = 10
/** Search time and errors grow with length, and what is lost with one utterance grows too. */
const MAX_UTTERANCE_MS = 20_000
const MIN_UTTERANCE_MS = 6_000
/** About -57 dB of full scale: fainter than any room, so only muted or empty stretches are left out. */
const MUTE_LEVEL = 45

export interface Utterance {
  readonly startMs: number
  readonly pcm: Int16Array<ArrayBuffer>
}

/**
 * Cuts a segment without overlap or gap, each time at the quietest fifth of a second between the
 * sixth and the twentieth second, and leaves out stretches without any sound: on digital silence the
 * recogniser invents words.
 */
export function cutIntoUtterances(pcm: Int16Array<ArrayBuffer>): Utterance[] {
  const levels = frameLevels(pcm)
  const utterances: Utterance[] = []
  let start = 0
  while (start < levels.length) {
    const end = nextCut(levels, start)
    if (isAudible(levels, start, end)) {
      const samplesPerFrame = FRAME_MS * SAMPLES_PER_MS
      const until = end === levels.length ? pcm.length : end * samplesPerFrame
      const part = pcm.subarray(start * samplesPerFrame, until)
      utterances.push({ startMs: start * FRAME_MS, pcm: part })
    }
    start = end
  }
  return utterances
}

/** Root mean square of each frame, the last one included when it is short. */
function frameLevels(pcm: Int16Array): Float64Array {
  const samplesPerFrame = FRAME_MS * SAMPLES_PER_MS
  const levels = new Float64Array(Math.ceil(pcm.length / samplesPerFrame))
  for (let frame = 0; frame < levels.length; frame += 1) {
    const samples = pcm.subarray(frame * samplesPerFrame, (frame + 1) * samplesPerFrame)
    let energy = 0
    for (const sample of samples) energy += sample * sample
    levels[frame] = Math.sqrt(energy / samples.length)
  }
  return levels
}

/** The frame in the middle of the quietest run; the end when what is left fits one utterance. */
function nextCut(levels: Float64Array, start: number): number {
  if (levels.length - start <= MAX_UTTERANCE_MS / FRAME_MS) return levels.length
  const last = start + MAX_UTTERANCE_MS / FRAME_MS - QUIET_FRAMES
  let best = last
  let least = Number.POSITIVE_INFINITY
  for (let run = start + MIN_UTTERANCE_MS / FRAME_MS; run <= last; run += 1) {
    let sum = 0
    for (let frame = run; frame < run + QUIET_FRAMES; frame += 1) sum += levels[frame] ?? 0
    if (sum > least) continue
    least = sum
    best = run
  }
  return best + QUIET_FRAMES / 2
}

function isAudible(levels: Float64Array, start: number, end: number): boolean {
  return levels.subarray(start, end).some((level) => level > MUTE_LEVEL)
}
