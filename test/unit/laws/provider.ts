import {
  BusyError,
  RetryableError,
  type SegmentId,
  TerminalError,
} from '../../../src/kernel/index.ts'
import type { Clock, SpeechToText } from '../../../src/ports/index.ts'
import { checkProviderCall, type Ledger } from './ledger.ts'
import type { Life } from './life.ts'
import type { LawContent } from './sounds.ts'

/** What the provider says to one call; when nothing was arranged it hears the segment. */
export type ProviderAnswer =
  | { readonly kind: 'text' | 'empty' | 'retryable' | 'invalid' | 'misconfigured' }
  | { readonly kind: 'busy'; readonly retryAfterMs: number | undefined }
  | { readonly kind: 'slow'; readonly ms: number }

export interface Provider {
  askedBy(process: number, life: Life): SpeechToText
  arrange(answers: readonly ProviderAnswer[]): void
}

/** Every text is new: whose text stands in a conversation tells which call it came from. */
export function createProvider(deps: {
  readonly ledger: Ledger
  readonly contents: readonly LawContent[]
  readonly clock: Clock
}): Provider {
  const { ledger, clock } = deps
  const arranged: ProviderAnswer[] = []
  const segments = new Map(
    deps.contents.flatMap((content) =>
      content.files.flatMap((file) => file.segments.map((s) => [s.level, s.segmentId] as const)),
    ),
  )
  const answer = async (segmentId: SegmentId, says: ProviderAnswer) => {
    switch (says.kind) {
      case 'text':
        return heard(`${segmentId.slice(0, 4)} by call ${ledger.providerCalls}`)
      case 'empty':
        return heard(' ')
      case 'retryable':
        throw new RetryableError('flaky', { reasonCode: 'stt_upstream_error' })
      case 'busy':
        throw new BusyError('429', { retryAfterMs: says.retryAfterMs })
      case 'invalid':
        ledger.refusedSegments.add(segmentId)
        throw new TerminalError('415', { reasonCode: 'stt_invalid_input' })
      case 'misconfigured':
        ledger.isMisconfigured = true
        throw new TerminalError('401', { reasonCode: 'stt_configuration_error' })
      case 'slow':
        return heard(`${segmentId.slice(0, 4)} slowly by call ${ledger.providerCalls}`)
    }
  }
  return {
    arrange: (answers) => {
      arranged.splice(0, arranged.length, ...answers)
    },
    askedBy: (process, life) => ({
      provider: 'sounds',
      transcribe: ({ pcm, signal }) => {
        const segmentId = segments.get(pcm[0] ?? 0)
        if (!segmentId) throw new Error('asked for what nobody uploaded')
        // At the instant of the decision: what delays the call after it is no longer ours.
        checkProviderCall(ledger, segmentId, process)
        const ask = life.through('stt', 'transcribe', async () => {
          ledger.providerCalls += 1
          const says = arranged.shift() ?? { kind: 'text' }
          if (says.kind === 'slow') await clock.sleep(says.ms, signal)
          return answer(segmentId, says)
        })
        return ask.catch((error: unknown) => {
          throw error instanceof Error && error.name === 'UnavailableError'
            ? new RetryableError('cut', { cause: error, reasonCode: 'stt_upstream_error' })
            : error
        })
      },
    }),
  }
}

const heard = (text: string) => ({ text, words: [] })
