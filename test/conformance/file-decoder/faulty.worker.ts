import { getEnvironmentData, type MessagePort } from 'node:worker_threads'
import { decodeFile as decode } from '../../../src/adapters/opus/decode.worker.ts'
import { FAULTS } from './faults.ts'

const fault = getEnvironmentData('decode-fault')

/** The real decoder, unless a fault is set at the moment. */
export async function decodeFile(port: MessagePort): Promise<void> {
  const name = fault instanceof Int32Array ? FAULTS[Atomics.load(fault, 0)] : 'none'
  if (name === 'none') return await decode(port)
  port.postMessage('pull')
  if (name === 'crash') {
    setImmediate(() => {
      throw new Error('the thread crashed')
    })
  }
  if (name === 'throw') throw new Error('the decoder threw')
  while (name === 'hang') Math.random()
  await new Promise(() => undefined)
}
