import { tmpdir } from 'node:os'
import { createDeepgram } from '../adapters/deepgram/index.ts'
import { createPocketsphinx, createSpanOnly } from '../adapters/pocketsphinx/index.ts'
import type { Config } from '../config/index.ts'
import type { Clock, SpeechToText } from '../ports/index.ts'
import { speechToTextLater } from './load-later.ts'

/** The provider that the configuration names. */
export function buildSpeechToText(stt: Config['stt'], clock: Clock): SpeechToText {
  const { provider, deepgram, openai, offline } = stt
  switch (provider.kind) {
    case 'deepgram':
      return createDeepgram({ ...deepgram, apiKey: provider.apiKey.reveal(), clock })
    case 'openai':
      return speechToTextLater(`openai:${openai.model}`, async () => {
        const { createOpenaiTranscription } = await import('../adapters/openai/index.ts')
        return createOpenaiTranscription({ ...openai, apiKey: provider.apiKey.reveal(), clock })
      })
    case 'offline':
      return createPocketsphinx({
        command: offline.command,
        env: offline.libraryPath ? { LD_LIBRARY_PATH: offline.libraryPath } : {},
        modelDir: offline.modelDir ?? '/usr/share/pocketsphinx/model/en-us',
        scratchDir: tmpdir(),
      })
    case 'spans':
      return createSpanOnly()
  }
}
