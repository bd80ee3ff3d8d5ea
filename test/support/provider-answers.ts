import type { ProviderRequest } from './provider-requests.ts'

/** What the imitated provider hears. Word times default to an even spread over the audio. */
export interface Heard {
  readonly text: string
  readonly words?: readonly {
    readonly text: string
    readonly startMs: number
    readonly endMs: number
    readonly speaker?: number
  }[]
  /** BCP-47; default `en`. */
  readonly language?: string
}

/** Text told by the audio alone, e.g. `Audio 1f3a9c02 of 3400 milliseconds.` */
export function hearDigest(request: ProviderRequest): Heard {
  return { text: `Audio ${request.sha256.slice(0, 8)} of ${request.durationMs} milliseconds.` }
}

/** The answer in the shape its API gives; recorded from the services' references. */
export function answerBody(request: ProviderRequest, heard: Heard): string {
  const words = heard.words ?? spread(heard.text, request.durationMs)
  const shape = request.api === 'deepgram' ? deepgramAnswer : openaiAnswer
  return JSON.stringify(shape(request, heard, words))
}

/** What each API says beside a refusal; the key in it must never surface. */
export function refusalBody(request: ProviderRequest, status: number): string {
  const key = request.authorization
  return JSON.stringify(
    request.api === 'deepgram'
      ? { err_code: 'REFUSED', err_msg: `Status ${status} for ${key}.`, request_id: '0b5e' }
      : { error: { message: `Status ${status} for ${key}.`, type: 'refused', code: null } },
  )
}

type Words = NonNullable<Heard['words']>

function spread(text: string, durationMs: number): Words {
  const texts = text.split(/\s+/).filter((word) => word !== '')
  const stepMs = durationMs / Math.max(texts.length, 1)
  return texts.map((word, i) => ({
    text: word,
    startMs: Math.round(i * stepMs),
    endMs: Math.round((i + 1) * stepMs),
  }))
}

function deepgramAnswer(request: ProviderRequest, heard: Heard, words: Words): unknown {
  const isDetecting = request.parameters.some(([name]) => name === 'detect_language')
  return {
    metadata: {
      transaction_key: 'deprecated',
      request_id: '6f0e3c7a-9d4b-4a53-b2f8-0f2d1f7a9b11',
      sha256: request.sha256,
      created: '2026-01-31T08:00:00.000Z',
      duration: request.durationMs / 1_000,
      channels: 1,
      models: ['30089e05-99d1-4376-b32e-c263170674af'],
      model_info: {},
    },
    results: {
      channels: [
        {
          alternatives: [
            {
              transcript: heard.text,
              confidence: heard.text === '' ? 0 : 0.98,
              words: words.map((word) => ({
                word: word.text.toLowerCase().replaceAll(/[.,?!]/g, ''),
                start: word.startMs / 1_000,
                end: word.endMs / 1_000,
                confidence: 0.98,
                speaker: word.speaker ?? 0,
                speaker_confidence: 0.7,
                punctuated_word: word.text,
              })),
            },
          ],
          ...(isDetecting && {
            detected_language: heard.language ?? 'en',
            language_confidence: 0.99,
          }),
        },
      ],
    },
  }
}

/** Whisper's own words carry no punctuation, its segments do; only `verbose_json` has either. */
function openaiAnswer(request: ProviderRequest, heard: Heard, words: Words): unknown {
  const form = new URLSearchParams(request.parameters.map(([name, value]) => [name, value]))
  if (form.get('response_format') !== 'verbose_json') return { text: heard.text }
  const granularities = form.getAll('timestamp_granularities[]')
  const seconds = request.durationMs / 1_000
  const segment = { id: 0, seek: 0, start: 0, end: seconds, text: ` ${heard.text}`, tokens: [1] }
  return {
    task: 'transcribe',
    language: new Intl.DisplayNames('en', { type: 'language' })
      .of(heard.language ?? 'en')
      ?.toLowerCase(),
    duration: seconds,
    text: heard.text,
    ...(granularities.includes('word') && {
      words: words.map((word) => ({
        word: word.text,
        start: word.startMs / 1_000,
        end: word.endMs / 1_000,
      })),
    }),
    segments: heard.text === '' ? [] : [segment],
  }
}
