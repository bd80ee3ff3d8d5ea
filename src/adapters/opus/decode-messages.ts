import { on } from 'node:events'
import type { MessagePort } from 'node:worker_threads'
import type { AudioFormat } from '../../kernel/index.ts'

/**
 * What passes between the pool and a thread, on a port of their own for each file. First comes the
 * request; then the thread asks with `PULL` and gets a batch, or `null` at the end of the body; the
 * thread's last word is its reply, which may come before it has pulled everything. Closing is a cancel.
 */
export interface DecodeRequest {
  readonly format: AudioFormat
  readonly maxDecodedBytes: number
}

export const PULL = 'pull'

export type ToThread = DecodeRequest | Uint8Array | null
export type FromThread = typeof PULL | DecodeReply

export type DecodeReply =
  | {
      readonly kind: 'decoded'
      readonly pcm: Int16Array<ArrayBuffer>
      readonly frames: number
      readonly skippedFrames: number
    }
  | { readonly kind: 'too_long' }

/** What arrives at a port, in order, until either side closes it. */
export async function* inbox<Message>(port: MessagePort): AsyncGenerator<Message, undefined> {
  for await (const [message] of on(port, 'message', { close: ['close'] })) yield message
  return undefined
}
