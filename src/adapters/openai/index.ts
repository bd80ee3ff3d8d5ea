/** Speech-to-text and summaries by any server that speaks OpenAI's API. */
export { createOpenaiSummarizer, type OpenaiSummarizerOptions } from './openai-summary.ts'
export {
  createOpenaiTranscription,
  type OpenaiTranscriptionOptions,
} from './openai-transcription.ts'
