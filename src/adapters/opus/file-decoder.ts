import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { Tinypool } from 'tinypool'
import { RetryableError, TerminalError } from '../../kernel/index.ts'
import type { DecodedFile, FileDecoder } from '../../ports/index.ts'
import type { DecodeReply, DecodeRequest } from './decode-messages.ts'
import { streamBody } from './stream-body.ts'

export interface ClosableFileDecoder extends FileDecoder {
  /** Ends every thread; a file still in work rejects as retryable. */
  close(): Promise<void>
}

/** The library, and the last revision of our own part that changed what comes out. */
const DECODER_VERSION = 'opus-decoder-0.7.12/1'

/** The one place that names the thread's code, for a bundler to see. */
const DECODE_WORKER = new URL('./decode.worker.ts', import.meta.url)

/** An unused thread beyond the first goes after a minute; a new one takes about 0.1 s. */
const IDLE_THREAD_MS = 60_000

/**
 * A pool of decoding threads, started with the first file. A thread takes one file at a time and
 * pulls its bytes, so that nothing is read from a body before a thread is free. A thread that dies
 * is replaced and its file rejects as `sync_decode_failed`; on abort a thread ends wherever it is.
 */
export function createFileDecoder(options: {
  readonly workers: number
  /** Another worker that exports `decodeFile(port)`. */
  readonly workerUrl?: URL
}): ClosableFileDecoder {
  let pool: Tinypool | undefined
  let closed = false

  async function runThread(port: MessagePort, signal: AbortSignal): Promise<void> {
    if (closed) throw decodeFailed('the decoder is closed')
    pool ??= startPool(options.workerUrl ?? DECODE_WORKER, options.workers)
    try {
      await pool.run(Tinypool.move(port), { signal })
    } catch (cause) {
      throw decodeFailed('the decoding thread failed', cause)
    }
  }

  return {
    version: DECODER_VERSION,
    async decode(body, format, { maxDecodedBytes, signal }) {
      signal.throwIfAborted()
      const { port1: near, port2: far } = new MessageChannel()
      const request: DecodeRequest = { format, maxDecodedBytes }
      near.postMessage(request)
      try {
        const [reply] = await Promise.all([streamBody(body, near), runThread(far, signal)])
        if (reply === undefined) throw decodeFailed('the decoding thread said nothing')
        return fileOf(reply, maxDecodedBytes)
      } catch (error) {
        signal.throwIfAborted()
        throw error
      } finally {
        near.close()
      }
    },
    async close() {
      closed = true
      await pool?.destroy()
    },
  }
}

function startPool(workerUrl: URL, workers: number): Tinypool {
  const pool = new Tinypool({
    filename: workerUrl.href,
    name: 'decodeFile',
    minThreads: 1,
    maxThreads: workers,
    idleTimeout: IDLE_THREAD_MS,
    useAtomics: false,
  })
  // A thread that dies between files has no caller to tell; unheard, this event would end the process.
  return pool.on('error', () => undefined)
}

function fileOf(reply: DecodeReply, maxDecodedBytes: number): DecodedFile {
  if (reply.kind === 'decoded') {
    return { pcm: reply.pcm, frames: reply.frames, skippedFrames: reply.skippedFrames }
  }
  throw new TerminalError(`the file decodes to more than ${maxDecodedBytes} bytes`, {
    reasonCode: 'sync_invalid_audio',
  })
}

function decodeFailed(message: string, cause?: unknown): RetryableError {
  return new RetryableError(message, { reasonCode: 'sync_decode_failed', cause })
}
