import type { Request } from 'express'
import type { SpeechToText } from '../ports/index.ts'
import { HttpError } from './errors.ts'

/** Providers of speech-to-text for which a user may bring a key; the first one that is sent is used. */
const KEYED_PROVIDERS = ['deepgram', 'openai'] as const
export type KeyedProvider = (typeof KEYED_PROVIDERS)[number]
export type SpeechFromKey = (provider: KeyedProvider, key: string) => SpeechToText

/** Sent by existing apps with every request, for their language models. */
const OTHER_PROVIDERS = ['anthropic', 'gemini']

const PREFIX = 'x-byok-'
/** What may stand in a header of ours, too; longer than any provider's keys. */
const KEY = /^[\x21-\x7e]{8,512}$/

/**
 * Speech-to-text by the key that came with the request, if one did. The key stays in what is returned:
 * it is written nowhere, and no text of an error holds it.
 * @throws HttpError 400 `invalid_byok_key` or `unsupported_byok_provider`
 */
export function readOwnSpeechToText(
  req: Request,
  speechFromKey: SpeechFromKey,
): SpeechToText | undefined {
  for (const name of Object.keys(req.headers)) {
    if (name.startsWith(PREFIX)) refuseUnknown(name.slice(PREFIX.length))
  }
  for (const provider of KEYED_PROVIDERS) {
    const key = req.get(PREFIX + provider)
    if (key === undefined) continue
    if (!KEY.test(key)) {
      throw new HttpError(`X-BYOK-${provider} holds no key`, {
        status: 400,
        code: 'invalid_byok_key',
      })
    }
    return speechFromKey(provider, key)
  }
  return undefined
}

function refuseUnknown(provider: string): void {
  if ([...KEYED_PROVIDERS, ...OTHER_PROVIDERS].includes(provider)) return
  throw new HttpError(`keys are taken for ${KEYED_PROVIDERS.join(' and ')}`, {
    status: 400,
    code: 'unsupported_byok_provider',
  })
}
