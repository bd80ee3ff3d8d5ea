import { createFileDecoder } from '../../../src/adapters/opus/index.ts'
import type { BenchContext, BenchReport } from '../bench.ts'
import { cpuUsOf } from '../cpu-of.ts'
import { watchLoopDelays } from '../load/loop-delays.ts'
import { hourOfSpeech, inChunks } from './hour.ts'

const ROUNDS = 5
const MAX_DECODED_BYTES = 64 * 1_024 * 1_024
/** `opus_demo -d` on the same kind of file; libopus is not part of this project. */
const LIBOPUS = [770, 1_600]

/** G16: how much faster than real time one core decodes, off the event loop. */
export async function runDecode({ say }: BenchContext): Promise<BenchReport> {
  const { body, format, secondsOfFile } = await hourOfSpeech()
  const decoder = createFileDecoder({ workers: 1 })
  const options = { maxDecodedBytes: MAX_DECODED_BYTES, signal: new AbortController().signal }
  const delays = watchLoopDelays()
  try {
    const timesRealTime: number[] = []
    const lateMs: number[] = []
    say(`${ROUNDS} files of ${Math.round(secondsOfFile)} s`)
    for (let round = -1; round < ROUNDS; round += 1) {
      delays.take()
      const before = cpuUsOf(process.pid)
      await decoder.decode(inChunks(body), format, options)
      const cpuSeconds = (cpuUsOf(process.pid) - before) / 1e6
      if (round < 0) continue
      timesRealTime.push(secondsOfFile / cpuSeconds)
      lateMs.push(Math.max(0, ...delays.take()))
    }
    return {
      measures: [
        {
          what: 'Opus decoded',
          unit: 'x real time a core',
          reference: 'real time',
          contestants: [
            { name: 'sync-dispatcher (opus-decoder, WASM)', role: 'ours', samples: timesRealTime },
            { name: 'real time', role: 'floor', samples: [1] },
          ],
        },
        {
          what: 'event loop late meanwhile, at most',
          unit: 'ms',
          reference: 'sync-dispatcher',
          contestants: [{ name: 'sync-dispatcher', role: 'ours', samples: lateMs }],
        },
      ],
      goals: [],
      notes: [
        'All CPU of the process counts: reading the body, framing, decoding, resampling to 16-bit PCM.',
        `No libopus here to compare with; it decodes such files at ${LIBOPUS.join(' to ')} x on a quiet core.`,
      ],
    }
  } finally {
    delays.stop()
    await decoder.close()
  }
}
