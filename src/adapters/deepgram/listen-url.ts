import type { TranscriptionRequest } from '../../ports/index.ts'

/**
 * Deepgram refuses the whole call above 500 tokens of key terms. A token is two characters or more
 * of ordinary words, so this many never get there.
 */
const MAX_KEY_TERM_CHARACTERS = 1_000

/** `/v1/listen` with its options; see Deepgram's reference for pre-recorded audio. */
export function listenUrl(call: {
  readonly baseUrl: URL
  readonly model: string
  readonly request: Pick<TranscriptionRequest, 'language' | 'vocabulary'>
}): URL {
  const { model, request } = call
  const url = new URL(call.baseUrl)
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/v1/listen`
  const query = url.searchParams
  query.set('model', model)
  for (const option of ['smart_format', 'punctuate', 'diarize']) query.set(option, 'true')
  if (request.language === undefined) query.set('detect_language', 'true')
  else query.set('language', request.language)
  // Models before nova-3 know `keywords` (single words) in place of `keyterm` (phrases).
  const parameter = /^(nova-3|flux)/.test(model) ? 'keyterm' : 'keywords'
  for (const term of keyTerms(request.vocabulary ?? [])) query.append(parameter, term)
  return url
}

function keyTerms(vocabulary: readonly string[]): string[] {
  let room = MAX_KEY_TERM_CHARACTERS
  return vocabulary.filter((term) => {
    room -= term.length
    return term !== '' && room >= 0
  })
}
