import { createFileDecoder } from '../../../src/adapters/opus/index.ts'
import { createVoiceDetector } from '../../../src/adapters/silero/index.ts'
import { cutSegments, inParallel } from '../../../src/kernel/index.ts'
import { alternate } from '../alternate.ts'
import { atMost, type BenchContext, type BenchReport } from '../bench.ts'
import { cpuUsOf } from '../cpu-of.ts'
import { medianOf } from '../statistics.ts'
import { hourOfSpeech, inChunks } from './hour.ts'
import { openPublishedSilero } from './published-silero.ts'

const MAX_DECODED_BYTES = 64 * 1_024 * 1_024
const CORES = 2
const ROUNDS = 5
/** Of the file, in each sample: a minute or two. */
const SHARE = 0.2
const AT_LEAST = 230
const HOUR_WITHIN_S = 12
const OURS = 'sync-dispatcher (Silero 6, onnxruntime)'

/** G17: voice activity on one core, and an hour of audio decoded and segmented on two. */
export async function runDetect({ say }: BenchContext): Promise<BenchReport> {
  const { body, format, files, secondsOfFile } = await hourOfSpeech()
  const options = { maxDecodedBytes: MAX_DECODED_BYTES, signal: new AbortController().signal }
  const decoder = createFileDecoder({ workers: CORES })
  const detector = createVoiceDetector({ workers: CORES })
  const published = await openPublishedSilero()
  const cpuSecondsOf = async (work: () => Promise<unknown>) => {
    const before = cpuUsOf(process.pid)
    await work()
    return (cpuUsOf(process.pid) - before) / 1e6
  }
  try {
    const { pcm } = await decoder.decode(inChunks(body), format, options)
    const part = pcm.slice(0, Math.round(pcm.length * SHARE))
    const timesRealTime = (detect: () => Promise<unknown>) => async () =>
      (secondsOfFile * SHARE) / (await cpuSecondsOf(detect))
    const judged = await alternate(
      [
        {
          name: OURS,
          role: 'ours',
          sample: timesRealTime(() => detector.detect(part, options.signal)),
        },
        {
          name: 'the published model, window by window',
          role: 'peer',
          sample: timesRealTime(() => published.detect(part)),
        },
      ],
      ROUNDS,
    )
    say(`an hour of audio in ${files} files`)
    const startedMs = performance.now()
    const hourCpuSeconds = await cpuSecondsOf(() =>
      inParallel(Array.from({ length: files }), CORES, async () => {
        const decoded = await decoder.decode(inChunks(body), format, options)
        const speech = await detector.detect(decoded.pcm, options.signal)
        return cutSegments(speech, decoded.pcm.length)
      }),
    )
    const hourSeconds = (performance.now() - startedMs) / 1_000
    const onTwoCores = hourCpuSeconds / CORES
    return {
      measures: [
        {
          what: 'voice activity',
          unit: 'x real time a core',
          reference: 'the published model, window by window',
          contestants: [...judged, { name: 'real time', role: 'floor', samples: [1] }],
        },
        {
          what: 'an hour of audio decoded and segmented',
          unit: 's',
          reference: 'CPU of both, by two cores',
          contestants: [
            { name: 'CPU of both, by two cores', role: 'ours', samples: [onTwoCores] },
            { name: 'as it took here', role: 'ours', samples: [hourSeconds] },
          ],
        },
      ],
      goals: [
        atMost(`${AT_LEAST} x / real time a core <= 1`, AT_LEAST / medianOf(judged, OURS), 1),
        atMost(`an hour on two cores <= ${HOUR_WITHIN_S} s`, onTwoCores, HOUR_WITHIN_S),
      ],
      notes: [
        'Two files at once, as a job does it; the clock is that of a machine shared with others.',
      ],
    }
  } finally {
    await Promise.all([decoder.close(), detector.close(), published.close()])
  }
}
