/** Speech-to-text by any server that speaks OpenAI's transcription API. */
export {
  createOpenaiTranscription,
  type OpenaiTranscriptionOptions,
} from './openai-transcription.ts'
