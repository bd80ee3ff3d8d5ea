/** Real speech that may be passed on: what the demo uploads and the audio tests listen to. */
export { RECORDINGS, type Recording } from './recordings.ts'
