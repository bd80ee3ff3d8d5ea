/** Speech-to-text by Deepgram. */
export { createDeepgram, type DeepgramOptions } from './deepgram.ts'
