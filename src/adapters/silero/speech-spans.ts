import { DECODED_RATE_HZ } from '../../kernel/index.ts'
import type { SpeechSpan } from '../../ports/index.ts'
import { WINDOW_SAMPLES } from './speech-windows.ts'

/** Speech begins at the upper and ends below the lower bound: a wavering voice is not chopped. */
const BEGIN_AT = 0.5
const END_BELOW = 0.35

const samplesIn = (ms: number) => (ms * DECODED_RATE_HZ) / 1_000
/** A shorter pause belongs to the speech around it. */
const MIN_SILENCE_SAMPLES = samplesIn(300)
/** A shorter sound is no speech. */
const MIN_SPEECH_SAMPLES = samplesIn(200)
/** Kept on both sides, for the soft edges of words; under half of the shortest silence. */
const PAD_SAMPLES = samplesIn(60)

/**
 * Speech probabilities, one a window, become spans by start, disjoint. Pure. The rules are those of
 * Silero's own `get_speech_timestamps`.
 */
export function toSpeechSpans(probabilities: Float32Array, totalSamples: number): SpeechSpan[] {
  const spans: SpeechSpan[] = []
  let begin: number | undefined
  let quietSince: number | undefined

  function close(end: number): void {
    if (begin !== undefined && end - begin >= MIN_SPEECH_SAMPLES) {
      spans.push({
        startSample: Math.max(0, begin - PAD_SAMPLES),
        endSample: Math.min(totalSamples, end + PAD_SAMPLES),
      })
    }
    begin = undefined
    quietSince = undefined
  }

  for (const [window, probability] of probabilities.entries()) {
    const at = window * WINDOW_SAMPLES
    if (probability >= BEGIN_AT) {
      begin ??= at
      quietSince = undefined
    } else if (begin !== undefined && probability < END_BELOW) {
      quietSince ??= at
      if (at + WINDOW_SAMPLES - quietSince >= MIN_SILENCE_SAMPLES) close(quietSince)
    }
  }
  close(quietSince ?? totalSamples)
  return spans
}
