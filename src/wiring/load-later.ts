import { type Lazy, lazily } from '../kernel/index.ts'
import type { ObjectStore, SpeechToText, Summarizer } from '../ports/index.ts'

/**
 * Ports whose vendors are loaded at their first call: their code is many times larger than the
 * service's own, and an instance must listen before it has read it.
 */
export function objectStoreLater({ ready }: Lazy<ObjectStore>): ObjectStore {
  return {
    create: async (...args) => (await ready()).create(...args),
    createFromStream: async (...args) => (await ready()).createFromStream(...args),
    read: async (...args) => (await ready()).read(...args),
    openRead: async function* (...args) {
      yield* (await ready()).openRead(...args)
    },
    stat: async (...args) => (await ready()).stat(...args),
    replace: async (...args) => (await ready()).replace(...args),
    delete: async (...args) => (await ready()).delete(...args),
    list: async (...args) => (await ready()).list(...args),
  }
}

/** @param provider what the loaded one will call itself */
export function speechToTextLater(
  provider: string,
  load: () => Promise<SpeechToText>,
): SpeechToText {
  const { ready } = lazily(load)
  return { provider, transcribe: async (request) => (await ready()).transcribe(request) }
}

/** @param provider what the loaded one will call itself */
export function summarizerLater(provider: string, load: () => Promise<Summarizer>): Summarizer {
  const { ready } = lazily(load)
  return { provider, summarize: async (request) => (await ready()).summarize(request) }
}
