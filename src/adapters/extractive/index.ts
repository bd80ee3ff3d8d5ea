/** Summaries without a model and without a network: what was said, chosen and cut. */
export { createExtractiveSummarizer } from './extractive-summarizer.ts'
