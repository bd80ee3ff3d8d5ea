import { createHash } from 'node:crypto'
import {
  BusyError,
  DECODED_RATE_HZ,
  RetryableError,
  TerminalError,
} from '../../src/kernel/index.ts'
import type { Clock, Probe, SpeechToText } from '../../src/ports/index.ts'
import type { CallLine, ProviderMood } from './orders.ts'

/** By turns: of two neighbours one is done, and written, while the other is still under way. */
const LATENCIES_MS = [40, 200]
/** How long a rate-limited provider asks us to stay away. */
const BUSY_FOR_MS = 300

/**
 * A provider whose text is told by the audio alone, so that the same segment is the same text in
 * every process, and which writes down every call before it answers: what was asked twice shows.
 */
export function createRecordedSpeech(deps: {
  readonly clock: Clock
  readonly probe: Probe
  readonly note: (line: Pick<CallLine, 'text' | 'what'>) => void
}): { readonly speechToText: SpeechToText; setMood(mood: ProviderMood | undefined): void } {
  let mood: ProviderMood | undefined
  let calls = 0
  const hear = async (text: string, signal: AbortSignal) => {
    calls += 1
    const call = calls
    deps.note({ text, what: 'asked' })
    try {
      await deps.clock.sleep(LATENCIES_MS[call % LATENCIES_MS.length] ?? 0, signal)
    } catch (error) {
      deps.note({ text, what: 'aborted' })
      throw error
    }
    const failure = failureOf(mood, call)
    if (failure) {
      deps.note({ text, what: 'failed' })
      throw failure
    }
    deps.note({ text, what: 'answered' })
    return { text, words: [] }
  }
  return {
    setMood: (wanted) => {
      mood = wanted
      calls = 0
    },
    speechToText: {
      provider: 'recorded',
      transcribe: async ({ pcm, signal }) => {
        await deps.probe('provider.transcribe', 'before')
        const heard = await hear(textOf(pcm), signal)
        await deps.probe('provider.transcribe', 'after')
        return heard
      },
    },
  }
}

function failureOf(mood: ProviderMood | undefined, call: number): Error | undefined {
  if (mood?.fails === 'refused' && call >= mood.call) {
    return new TerminalError('asked to', { reasonCode: 'stt_configuration_error' })
  }
  if (mood?.call !== call) return undefined
  return mood.fails === 'busy'
    ? new BusyError('asked to', { retryAfterMs: BUSY_FOR_MS })
    : new RetryableError('asked to', { reasonCode: 'stt_upstream_error' })
}

function textOf(pcm: Int16Array<ArrayBuffer>): string {
  const bytes = Buffer.from(pcm.buffer, pcm.byteOffset, pcm.byteLength)
  const digest = createHash('sha256').update(bytes).digest('hex').slice(0, 12)
  return `${(pcm.length / DECODED_RATE_HZ).toFixed(1)} s of ${digest}`
}
