import type { OpenAI } from 'openai'
import type { ChatCompletionMessageParam } from 'openai/resources/chat/completions'
import { TerminalError } from '../../kernel/index.ts'
import type { Clock, Summarizer } from '../../ports/index.ts'
import { createClient } from './openai-client.ts'
import { SUMMARY, timeoutError, translateError } from './openai-errors.ts'
import { readCompletion, readSummary } from './summary-answer.ts'
import { repairMessages, summaryFormat, summaryMessages } from './summary-prompt.ts'

export interface OpenaiSummarizerOptions {
  /** Servers without keys take any text. */
  readonly apiKey: string
  /** Up to and with the version, e.g. `https://api.openai.com/v1`. */
  readonly baseUrl: string
  readonly model: string
  /** For one call, its answer included; a summary takes one, or two when the first must be repaired. */
  readonly timeoutMs: number
  /** Characters of the transcript that are sent; of a longer one the middle is left out. */
  readonly maxInputCharacters: number
  readonly clock: Clock
}

/** Any server with OpenAI's `/chat/completions`: one structured call, and one repair of its answer. */
export function createOpenaiSummarizer(options: OpenaiSummarizerOptions): Summarizer {
  const { clock, model, timeoutMs, maxInputCharacters } = options
  const client = createClient(options, timeoutMs)

  const ask = async (messages: ChatCompletionMessageParam[], caller: AbortSignal) => {
    const ended = new AbortController()
    const signal = AbortSignal.any([caller, ended.signal])
    try {
      return readCompletion(
        await Promise.race([
          complete(client, model, messages, signal),
          clock
            .sleep(timeoutMs, ended.signal)
            .then(() => Promise.reject(timeoutError(SUMMARY, timeoutMs))),
        ]),
      )
    } catch (error) {
      caller.throwIfAborted()
      throw translateError(SUMMARY, error, clock.now())
    } finally {
      // The loser of the race lets go of its timer or its socket.
      ended.abort()
    }
  }

  return {
    provider: `openai:${model}`,
    summarize: async (request) => {
      const messages = summaryMessages(request, maxInputCharacters)
      const first = await ask(messages, request.signal)
      const read = readSummary(first)
      if (read.kind === 'summary') return read.summary
      const repaired = readSummary(
        await ask([...messages, ...repairMessages(first, read.fault)], request.signal),
      )
      if (repaired.kind === 'summary') return repaired.summary
      throw new TerminalError(`the summary server gave no usable summary: ${repaired.fault}`, {
        reasonCode: 'enrichment_invalid_answer',
      })
    },
  }
}

async function complete(
  client: OpenAI,
  model: string,
  messages: ChatCompletionMessageParam[],
  signal: AbortSignal,
): Promise<unknown> {
  return client.chat.completions.create(
    { model, messages, response_format: summaryFormat },
    { signal },
  )
}
