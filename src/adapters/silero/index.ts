/** Where in a recording somebody speaks: Silero's network by ONNX Runtime, in worker threads. */
export { type ClosableVoiceDetector, createVoiceDetector } from './voice-detector.ts'
