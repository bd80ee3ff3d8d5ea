/** Audio files become PCM: Opus by libopus in WebAssembly, raw PCM by resampling; in worker threads. */
export { type ClosableFileDecoder, createFileDecoder } from './file-decoder.ts'
