import { Tinypool } from 'tinypool'
import { RetryableError } from '../../kernel/index.ts'
import type { VoiceDetector } from '../../ports/index.ts'
import type { DetectReply, DetectRequest, Memory } from './detect-messages.ts'
import { toSpeechSpans } from './speech-spans.ts'
import { copyPiece, piecesOf, windowsIn } from './speech-windows.ts'

export interface ClosableVoiceDetector extends VoiceDetector {
  /** Ends every thread; a recording still in work rejects as retryable. */
  close(): Promise<void>
}

/** Weights, runtime, and the last revision of our own part that changed the spans. */
const DETECTOR_VERSION = 'silero-6-16k/onnxruntime-1.30.0/2'

/** The one place that names the thread's code, for a bundler to see. */
const DETECT_WORKER = new URL('./detect.worker.ts', import.meta.url)

/** An unused thread beyond the first goes after a minute; a new one takes about 0.3 s. */
const IDLE_THREAD_MS = 60_000

/**
 * A pool of detecting threads, started with the first recording. A recording passes through it in
 * pieces, so that long ones do not starve short ones and the event loop copies 0.5 MiB at most at once.
 * A thread that dies is replaced and its recording rejects as `sync_vad_failed`.
 *
 * A thread is never ended while the network runs: ONNX Runtime would take the whole process down with
 * it. An abort rejects at once and raises a flag that the thread sees at its next batch, and `close`
 * waits for that. A process that exits without `close` while a thread works may die of SIGABRT.
 */
export function createVoiceDetector(options: {
  readonly workers: number
  /** Another worker that exports `detectSpeech(request)`. */
  readonly workerUrl?: URL
}): ClosableVoiceDetector {
  let pool: Tinypool | undefined
  let closed = false
  const inWork = new Set<Promise<DetectReply>>()
  const cancels = new Set<() => void>()

  async function runThread(request: DetectRequest, signal: AbortSignal): Promise<DetectReply> {
    if (closed) throw detectFailed('the detector is closed')
    pool ??= startPool(options.workerUrl ?? DETECT_WORKER, options.workers)
    const running: Promise<DetectReply> = pool.run(request, {
      transferList: { transfer: [request.samples.buffer] },
    })
    inWork.add(running)
    const forget = () => inWork.delete(running)
    running.then(forget, forget)
    try {
      return await unlessAborted(running, signal)
    } catch (cause) {
      signal.throwIfAborted()
      throw detectFailed('the detecting thread failed', cause)
    }
  }

  return {
    version: DETECTOR_VERSION,
    async detect(pcm, signal) {
      signal.throwIfAborted()
      const cancelled = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
      const cancel = () => void Atomics.store(cancelled, 0, 1)
      signal.addEventListener('abort', cancel, { once: true })
      cancels.add(cancel)
      try {
        const judge = (piece: Piece) => runThread({ ...piece, cancelled }, signal)
        return toSpeechSpans(await judgeWindows(pcm, judge), pcm.length)
      } finally {
        signal.removeEventListener('abort', cancel)
        cancels.delete(cancel)
      }
    },
    async close() {
      closed = true
      for (const cancel of cancels) cancel()
      await Promise.allSettled(inWork)
      await pool?.destroy()
    },
  }
}

type Piece = Omit<DetectRequest, 'cancelled'>

/** Rejects with the signal's reason as soon as it aborts; `work` goes on unheard. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const abort = () => reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  return Promise.race([work, aborted]).finally(() => signal.removeEventListener('abort', abort))
}

/** The probability of speech for every window of the recording. */
async function judgeWindows(
  pcm: Int16Array,
  judge: (piece: Piece) => Promise<DetectReply>,
): Promise<Float32Array> {
  const judged = new Float32Array(windowsIn(pcm.length)).fill(Number.NaN)
  let memory: Memory | undefined
  for (const range of piecesOf(judged.length)) {
    const windows = range.to - range.from
    const samples = copyPiece(pcm, range)
    const reply = await judge({ windows, samples, ...(memory === undefined ? {} : { memory }) })
    judged.set(reply.probabilities, range.from)
    memory = reply.memory
  }
  if (judged.some(Number.isNaN)) throw detectFailed('the network left windows unjudged')
  return judged
}

function startPool(workerUrl: URL, workers: number): Tinypool {
  const pool = new Tinypool({
    filename: workerUrl.href,
    name: 'detectSpeech',
    minThreads: 1,
    maxThreads: workers,
    idleTimeout: IDLE_THREAD_MS,
    useAtomics: false,
  })
  // A thread that dies between pieces has no caller to tell; unheard, this event would end the process.
  return pool.on('error', () => undefined)
}

function detectFailed(message: string, cause?: unknown): RetryableError {
  return new RetryableError(message, { reasonCode: 'sync_vad_failed', cause })
}
