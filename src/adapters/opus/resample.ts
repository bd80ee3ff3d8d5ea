import { DECODED_RATE_HZ, decodedSamples } from '../../kernel/index.ts'

/** Zero crossings of the filter on each side; more sharpen the edge and cost time in proportion. */
const CROSSINGS = 16
/** Share of the lower Nyquist frequency that passes; the rest is the filter's slope. */
const PASS_SHARE = 0.94
/** Positions between two samples that have a filter of their own; exact for 8, 24, 32 and 48 kHz. */
const PHASES = 512

/**
 * Any rate to 16 kHz by a windowed sinc that also removes what 16 kHz cannot carry. Pure: equal
 * samples give equal output.
 */
export function resample(source: Int16Array, sampleRate: number): Int16Array<ArrayBuffer> {
  const output = new Int16Array(decodedSamples(source.length, sampleRate))
  const { phases, reach } = buildFilter(sampleRate)
  for (let k = 0; k < output.length; k += 1) {
    const position = k * sampleRate
    let base = Math.floor(position / DECODED_RATE_HZ)
    let phase = Math.round(((position % DECODED_RATE_HZ) * PHASES) / DECODED_RATE_HZ)
    if (phase === PHASES) {
      phase = 0
      base += 1
    }
    const sum = convolve(source, base - reach + 1, phases[phase] ?? EMPTY)
    output[k] = Math.min(32_767, Math.max(-32_768, Math.round(sum)))
  }
  return output
}

const EMPTY = new Float64Array()

/** Silence beyond both ends. */
function convolve(source: Int16Array, from: number, weights: Float64Array): number {
  const first = Math.max(0, -from)
  const last = Math.min(weights.length, source.length - from)
  let sum = 0
  for (let i = first; i < last; i += 1) sum += (source[from + i] ?? 0) * (weights[i] ?? 0)
  return sum
}

function buildFilter(sampleRate: number): { phases: Float64Array[]; reach: number } {
  const cutoff = Math.min(1, DECODED_RATE_HZ / sampleRate) * PASS_SHARE
  const halfWidth = CROSSINGS / cutoff
  const reach = Math.ceil(halfWidth)
  const phases = Array.from({ length: PHASES }, (_, phase) => {
    const weights = Float64Array.from({ length: 2 * reach }, (_unused, i) =>
      windowedSinc(i - reach + 1 - phase / PHASES, cutoff, halfWidth),
    )
    const gain = weights.reduce((sum, weight) => sum + weight, 0)
    return weights.map((weight) => weight / gain)
  })
  return { phases, reach }
}

/** Blackman window: what leaks past the slope stays below -70 dB. */
function windowedSinc(x: number, cutoff: number, halfWidth: number): number {
  if (Math.abs(x) >= halfWidth) return 0
  const turn = (Math.PI * x) / halfWidth
  const window = 0.42 + 0.5 * Math.cos(turn) + 0.08 * Math.cos(2 * turn)
  const angle = Math.PI * x * cutoff
  return angle === 0 ? window : (window * Math.sin(angle)) / angle
}
