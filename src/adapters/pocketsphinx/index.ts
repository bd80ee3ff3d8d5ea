/** Speech-to-text without a provider: CMU PocketSphinx as a child process, or speech spans alone. */
export { createPocketsphinx, type PocketsphinxOptions } from './pocketsphinx.ts'
export { createSpanOnly } from './span-only.ts'
