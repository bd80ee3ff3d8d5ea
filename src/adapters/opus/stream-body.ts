import type { MessagePort } from 'node:worker_threads'
import { type DecodeReply, type FromThread, inbox, PULL, type ToThread } from './decode-messages.ts'

/** Copied and posted at once: large enough to make posting cheap, small enough for the event loop. */
const BATCH_BYTES = 64 * 1_024

/**
 * Answers a thread's pulls with the body until the thread replies. A reply that comes early does not
 * spare the rest of the body: its end is where the caller learns whether the bytes were the true ones.
 * @returns undefined when the port closed without a reply: the thread's own end tells why
 * @throws what the body throws
 */
export async function streamBody(
  body: AsyncIterable<Uint8Array>,
  port: MessagePort,
): Promise<DecodeReply | undefined> {
  const batches = toBatches(body)
  try {
    for await (const message of inbox<FromThread>(port)) {
      if (message !== PULL) {
        await drain(batches)
        return message
      }
      const next = await batches.next()
      if (next.done === true) post(port, null)
      else post(port, next.value, [next.value.buffer])
    }
  } finally {
    await batches.return(undefined)
  }
  return undefined
}

function post(port: MessagePort, message: ToThread, transfer: ArrayBuffer[] = []): void {
  port.postMessage(message, transfer)
}

/** The body in batches of one size with memory of their own, whatever the chunks were. */
async function* toBatches(
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array<ArrayBuffer>, undefined> {
  let batch = new Uint8Array(BATCH_BYTES)
  let filled = 0
  for await (const chunk of body) {
    for (let at = 0; at < chunk.length; ) {
      const taken = Math.min(chunk.length - at, BATCH_BYTES - filled)
      batch.set(chunk.subarray(at, at + taken), filled)
      at += taken
      filled += taken
      if (filled < BATCH_BYTES) continue
      yield batch
      batch = new Uint8Array(BATCH_BYTES)
      filled = 0
    }
  }
  if (filled > 0) yield batch.subarray(0, filled)
  return undefined
}

async function drain(batches: AsyncGenerator<unknown>): Promise<void> {
  for (let next = await batches.next(); next.done !== true; ) next = await batches.next()
}
