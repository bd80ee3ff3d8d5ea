import type { Summary, Transcript } from '../kernel/index.ts'

/** A conversation's words become its summary. The caller owns retries, budget and claims. */
export interface Summarizer {
  /**
   * @throws BusyError on 429 and 503 with the wait it asked for
   * @throws RetryableError (`enrichment_upstream_error`, `enrichment_timeout`) when the same call may
   *   succeed later, unreadable or half answers included
   * @throws TerminalError `enrichment_configuration_error` (keys, permissions, model),
   *   `enrichment_invalid_input`, or `enrichment_invalid_answer` when even a second try of the same
   *   call brought no summary
   */
  summarize(request: SummaryRequest): Promise<Summary>
  /** For the record, e.g. `openai:gpt-4o-mini`. */
  readonly provider: string
}

export interface SummaryRequest {
  /** In the conversation's order. */
  readonly transcripts: readonly Pick<Transcript, 'text' | 'startMs' | 'language'>[]
  readonly signal: AbortSignal
}
