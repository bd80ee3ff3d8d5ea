import { getEnvironmentData } from 'node:worker_threads'
import { detectSpeech as detect } from '../../../src/adapters/silero/detect.worker.ts'
import type { DetectReply, DetectRequest } from '../../../src/adapters/silero/detect-messages.ts'
import { FAULTS } from './faults.ts'

const fault = getEnvironmentData('detect-fault')

/** The real detector, unless a fault is set at the moment. */
export async function detectSpeech(request: DetectRequest): Promise<DetectReply> {
  const name = fault instanceof Int32Array ? FAULTS[Atomics.load(fault, 0)] : 'none'
  if (name === 'throw') throw new Error('the network threw')
  if (name === 'crash') {
    setImmediate(() => {
      throw new Error('the thread crashed')
    })
    await new Promise(() => undefined)
  }
  const reply = await detect(request)
  if (name === 'nan') reply.probabilities.fill(Number.NaN)
  if (name === 'short') return { ...reply, probabilities: reply.probabilities.slice(1) }
  return reply
}
