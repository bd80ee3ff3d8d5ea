import { type Check, createCheck, unless } from '../finding.ts'

export interface SpeechFacts {
  readonly provider: 'deepgram' | 'openai' | 'offline' | 'spans'
  /** Of the chosen provider; absent where none is asked over the network. */
  readonly baseUrl: string | undefined
  /** The service is reached by others than this machine. */
  readonly isDeployed: boolean
}

/** A provider is chosen and answers. Its key is not shown to it: nothing is asked that could be paid. */
export function speechToTextCheck({ provider, baseUrl, isDeployed }: SpeechFacts): Check {
  return createCheck({
    name: 'speech-to-text',
    must: `${baseUrl ?? provider} can be reached`,
    mend: 'let the service reach it; see DEEPGRAM_BASE_URL or OPENAI_BASE_URL',
    inspect: async (signal) => {
      if (baseUrl === undefined) return undefined
      const answer = await fetch(baseUrl, { method: 'HEAD', redirect: 'manual', signal })
      return answer.status
    },
    judge: (status) => ({
      found: status === undefined ? provider : `${provider}, ${baseUrl} answers ${status}`,
      shortfalls: unless(
        [
          !isDeployed || baseUrl !== undefined,
          {
            code: 'speech_stand_in',
            must: `a deployed service transcribes with a provider: ${provider} ${provider === 'spans' ? 'gives no text' : 'gets two words of three'}`,
            mend: 'set STT_PROVIDER=deepgram with DEEPGRAM_API_KEY, or openai with OPENAI_API_KEY',
          },
        ],
        [
          status === undefined || status < 500,
          {
            code: 'speech_failing',
            must: `${baseUrl} answers without an error of its own`,
            mend: 'look at the status page of the provider; jobs wait meanwhile and are not lost',
          },
        ],
      ),
    }),
  })
}
