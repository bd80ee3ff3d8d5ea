import { createExtractiveSummarizer } from '../../src/adapters/extractive/index.ts'
import type { Probe, Summarizer } from '../../src/ports/index.ts'

/** The offline summarizer, with a step before and after each call where a process can be killed. */
export function createRecordedSummaries({ probe }: { readonly probe: Probe }): Summarizer {
  const offline = createExtractiveSummarizer()
  return {
    ...offline,
    summarize: async (request) => {
      await probe('provider.summarize', 'before')
      const summary = await offline.summarize(request)
      await probe('provider.summarize', 'after')
      return summary
    },
  }
}
