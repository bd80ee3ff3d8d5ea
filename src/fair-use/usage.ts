import type { UidHash } from '../kernel/index.ts'
import { type PastSpeechDeps, pastSpeech } from './past-speech.ts'

export interface ProviderUsage {
  readonly provider: string
  readonly segments: number
  /** Audio that was sent, in ms. */
  readonly audioMs: number
  /** Speech that was detected in it, in ms; what fair use meters. */
  readonly speechMs: number
}

/** A user's usage of a period. Every content counts once, however often it was uploaded (I5). */
export interface Usage {
  /** By provider name; only segments with text, which is what is billed. */
  readonly billed: readonly ProviderUsage[]
  /** Sent to a provider that heard nothing: not billed. */
  readonly silent: { readonly segments: number; readonly speechMs: number }
  /** Records that could not be read; the figures are too low by these. */
  readonly unreadable: number
}

/** @param period half-open, epoch ms, by the instant a segment's transcript was made */
export async function readUsage(
  deps: PastSpeechDeps,
  uidHash: UidHash,
  period: { readonly fromMs: number; readonly toMs: number },
): Promise<Usage> {
  const { transcripts, unreadable } = await pastSpeech(deps, uidHash, period)
  const silent = transcripts.filter(({ verdict }) => verdict === 'silent')
  const billed = transcripts.filter(({ verdict }) => verdict === 'text')
  return {
    billed: [...Map.groupBy(billed, ({ provider }) => provider)]
      .map(([provider, of]) => ({
        provider,
        segments: of.length,
        audioMs: sum(of.map((t) => t.endMs - t.startMs)),
        speechMs: sum(of.map((t) => t.speechMs)),
      }))
      .sort((a, b) => (a.provider < b.provider ? -1 : 1)),
    silent: { segments: silent.length, speechMs: sum(silent.map((t) => t.speechMs)) },
    unreadable,
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0)
}
