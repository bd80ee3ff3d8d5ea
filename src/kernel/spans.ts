import { DECODED_RATE_HZ } from './frames.ts'

/** Half-open, in samples at 16 kHz. */
export interface SampleSpan {
  readonly startSample: number
  readonly endSample: number
}

/** One piece of a file that goes to speech-to-text. */
export interface CutSegment extends SampleSpan {
  /** Detected speech inside, rounded up; what fair use meters. */
  readonly speechMs: number
}

/** Speech across a shorter silence is one span: 120 s, as for conversations. */
const JOIN_BELOW_SAMPLES = 120 * DECODED_RATE_HZ
/** Longest segment: what a provider takes in one call within its timeout. */
const MAX_SEGMENT_SAMPLES = 300 * DECODED_RATE_HZ
/** A cut falls into a silence of the last 30 s before the limit if there is one: no word is split. */
const CUT_WINDOW_SAMPLES = 30 * DECODED_RATE_HZ
/** Shorter speech is a click or a cough. */
const MIN_SEGMENT_SAMPLES = DECODED_RATE_HZ

/**
 * Cuts one file's speech into segments. Spans with a gap below 120 s merge; a merged span under 1 s
 * is dropped; one over 300 s is cut at the longest silence near the limit, or else hard. A cut never
 * leaves a rest under 1 s, so that no speech is lost to it. Audio under 1 s in total is silence.
 * Pure and deterministic: equal speech gives equal cuts. Cutting the segments again changes nothing.
 *
 * @param speech in any order; may overlap or reach over the ends of the audio
 * @returns by start; disjoint, each at most 300 s
 */
export function cutSegments(speech: readonly SampleSpan[], totalSamples: number): CutSegment[] {
  if (totalSamples < MIN_SEGMENT_SAMPLES) return []
  return mergeByGap(inOrder(speech, totalSamples))
    .filter((spans) => lengthOf(extentOf(spans)) >= MIN_SEGMENT_SAMPLES)
    .flatMap(cutMerged)
}

/** Clipped to the audio, by start, overlaps united. */
function inOrder(speech: readonly SampleSpan[], totalSamples: number): SampleSpan[] {
  const clipped = speech
    .map((span) => ({
      startSample: Math.max(0, span.startSample),
      endSample: Math.min(totalSamples, span.endSample),
    }))
    .filter((span) => lengthOf(span) > 0)
    .sort((a, b) => a.startSample - b.startSample)
  const united: { startSample: number; endSample: number }[] = []
  for (const span of clipped) {
    const last = united.at(-1)
    if (last === undefined || span.startSample > last.endSample) united.push(span)
    else last.endSample = Math.max(last.endSample, span.endSample)
  }
  return united
}

/** Runs of spans, each a merged span with its silences still known; never empty. */
function mergeByGap(spans: readonly SampleSpan[]): SampleSpan[][] {
  const runs: SampleSpan[][] = []
  let lastEnd = Number.NEGATIVE_INFINITY
  for (const span of spans) {
    const run = runs.at(-1)
    if (run !== undefined && span.startSample - lastEnd < JOIN_BELOW_SAMPLES) run.push(span)
    else runs.push([span])
    lastEnd = span.endSample
  }
  return runs
}

function cutMerged(spans: readonly SampleSpan[]): CutSegment[] {
  const segments: CutSegment[] = []
  const gaps = gapsBetween(spans)
  let { startSample, endSample } = extentOf(spans)
  while (endSample - startSample > MAX_SEGMENT_SAMPLES) {
    const cut = silentCut(gaps, startSample, endSample) ?? hardCut(startSample, endSample)
    segments.push(withSpeech({ startSample, endSample: cut.startSample }, spans))
    startSample = cut.endSample
  }
  segments.push(withSpeech({ startSample, endSample }, spans))
  return segments
}

/** The longest gap that touches the window before the limit; of equal ones the last. */
function silentCut(
  gaps: readonly SampleSpan[],
  startSample: number,
  endSample: number,
): SampleSpan | undefined {
  const limit = startSample + MAX_SEGMENT_SAMPLES
  let longest: SampleSpan | undefined
  for (const gap of gaps) {
    const near = gap.endSample > limit - CUT_WINDOW_SAMPLES && gap.startSample <= limit
    if (!near || endSample - gap.endSample < MIN_SEGMENT_SAMPLES) continue
    if (longest === undefined || lengthOf(gap) >= lengthOf(longest)) longest = gap
  }
  return longest
}

function hardCut(startSample: number, endSample: number): SampleSpan {
  const at = Math.min(startSample + MAX_SEGMENT_SAMPLES, endSample - MIN_SEGMENT_SAMPLES)
  return { startSample: at, endSample: at }
}

function gapsBetween(spans: readonly SampleSpan[]): SampleSpan[] {
  return spans.slice(1).map((span, index) => ({
    startSample: spans[index]?.endSample ?? span.startSample,
    endSample: span.startSample,
  }))
}

function withSpeech(segment: SampleSpan, spans: readonly SampleSpan[]): CutSegment {
  let speechSamples = 0
  for (const span of spans) {
    const from = Math.max(span.startSample, segment.startSample)
    const to = Math.min(span.endSample, segment.endSample)
    if (to > from) speechSamples += to - from
  }
  return { ...segment, speechMs: Math.ceil((speechSamples * 1_000) / DECODED_RATE_HZ) }
}

function extentOf(spans: readonly SampleSpan[]): SampleSpan {
  return { startSample: spans[0]?.startSample ?? 0, endSample: spans.at(-1)?.endSample ?? 0 }
}

function lengthOf(span: SampleSpan): number {
  return span.endSample - span.startSample
}
