/**
 * How a recording is laid out for the network: in windows of 512 samples, each judged together with
 * the 64 before it. Windows go through in order, since the network remembers.
 */
export const WINDOW_SAMPLES = 512
/** The network was trained with these samples of the window before: without them it hears nothing. */
const CONTEXT_SAMPLES = 64

/** Windows in one call to a thread: 16 s of audio, 0.5 MiB to copy, 25 ms of work. */
const PIECE_WINDOWS = 512

export interface WindowRange {
  readonly from: number
  readonly to: number
}

export function windowsIn(totalSamples: number): number {
  return Math.ceil(totalSamples / WINDOW_SAMPLES)
}

export function* piecesOf(windows: number): Generator<WindowRange> {
  for (let from = 0; from < windows; from += PIECE_WINDOWS) {
    yield { from, to: Math.min(windows, from + PIECE_WINDOWS) }
  }
}

/** The samples of some windows, led by their context; silence outside the recording. */
export function copyPiece(pcm: Int16Array, { from, to }: WindowRange): Int16Array<ArrayBuffer> {
  const piece = new Int16Array(CONTEXT_SAMPLES + (to - from) * WINDOW_SAMPLES)
  const start = from * WINDOW_SAMPLES - CONTEXT_SAMPLES
  const silent = Math.max(0, -start)
  piece.set(pcm.subarray(start + silent, start + piece.length), silent)
  return piece
}

/** A window's spectra are taken over these: four, every 128 samples. */
export const SPECTRUM_SAMPLES = 256
export const SPECTRA = 4
const STEP_SAMPLES = 128
const INPUT_SAMPLES = CONTEXT_SAMPLES + WINDOW_SAMPLES
/** What the last spectrum has of the window itself; the rest is the window's end, mirrored. */
const LAST_SAMPLES = INPUT_SAMPLES - (SPECTRA - 1) * STEP_SAMPLES

/** Writes `count` windows of a piece, as the network takes them, in spectra from -1 to 1. */
export function fillSpectra(
  into: Float32Array,
  piece: Int16Array,
  fromWindow: number,
  count: number,
): void {
  for (let window = 0; window < count; window += 1) {
    const input = (fromWindow + window) * WINDOW_SAMPLES
    for (let spectrum = 0; spectrum < SPECTRA; spectrum += 1) {
      const at = (window * SPECTRA + spectrum) * SPECTRUM_SAMPLES
      const start = input + spectrum * STEP_SAMPLES
      const own = Math.min(SPECTRUM_SAMPLES, input + INPUT_SAMPLES - start)
      for (let i = 0; i < own; i += 1) into[at + i] = (piece[start + i] ?? 0) / 32_768
      for (let i = own; i < SPECTRUM_SAMPLES; i += 1) {
        into[at + i] = into[at + 2 * (LAST_SAMPLES - 1) - i] ?? 0
      }
    }
  }
}
