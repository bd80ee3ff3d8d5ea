import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { OpusDecoder } from 'opus-decoder'
import { createFileDecoder } from '../../../src/adapters/opus/index.ts'
import { createFrameReader } from '../../../src/kernel/index.ts'
import { alternate, type Runner } from '../alternate.ts'
import { atMost, type BenchContext, type BenchReport } from '../bench.ts'
import { cpuUsOf } from '../cpu-of.ts'
import { watchLoopDelays } from '../load/loop-delays.ts'
import { medianOf } from '../statistics.ts'
import { hourOfSpeech, inChunks } from './hour.ts'
import { findOpusTools, openLibopus, runOpusdec } from './libopus.ts'
import { toOggOpus } from './ogg-opus.ts'

const ROUNDS = 5
const MAX_DECODED_BYTES = 64 * 1_024 * 1_024
const PACKET_MS = 10
const A_FEW_TURNS_MS = 100
const AT_LEAST = 0.6
const OURS = 'sync-dispatcher (opus-decoder, WASM)'
const LIBOPUS = 'libopus, in C'

/** G16: how fast one core decodes beside libopus on the same packets, off the event loop. */
export async function runDecode(context: BenchContext): Promise<BenchReport> {
  const { body, format, secondsOfFile } = await hourOfSpeech()
  const packets = createFrameReader().push(body)
  const decoder = createFileDecoder({ workers: 1 })
  const options = { maxDecodedBytes: MAX_DECODED_BYTES, signal: new AbortController().signal }
  const opus = new OpusDecoder({ sampleRate: 16_000, channels: 1 })
  await opus.ready
  const delays = watchLoopDelays()
  const lateMs: number[] = []
  const runners: Runner[] = [
    {
      name: OURS,
      role: 'ours',
      sample: async () => {
        // Whoever came before may have held the loop; that is told at its next turn.
        await context.clock.sleep(A_FEW_TURNS_MS)
        delays.take()
        const cpuSeconds = await cpuSecondsOf(() => decoder.decode(inChunks(body), format, options))
        lateMs.push(Math.max(0, ...delays.take().map((delay) => delay.lateMs)))
        return secondsOfFile / cpuSeconds
      },
    },
    {
      name: 'opus-decoder, packet by packet',
      role: 'part',
      sample: async () => {
        const cpuSeconds = await cpuSecondsOf(() => {
          for (const packet of packets) opus.decodeFrame(packet)
        })
        return secondsOfFile / cpuSeconds
      },
    },
  ]
  try {
    const missing = await addPeers(runners, context, packets, secondsOfFile)
    context.say(`${ROUNDS} files of ${Math.round(secondsOfFile)} s`)
    const contestants = await alternate(runners, ROUNDS)
    const slower = () => medianOf(contestants, LIBOPUS) / medianOf(contestants, OURS)
    return {
      measures: [
        {
          what: 'Opus decoded',
          unit: 'x real time a core',
          reference: missing === undefined ? LIBOPUS : OURS,
          contestants,
        },
        {
          what: 'event loop late meanwhile, at most',
          unit: 'ms',
          reference: OURS,
          contestants: [{ name: OURS, role: 'ours', samples: lateMs.slice(-ROUNDS) }],
        },
      ],
      goals:
        missing === undefined
          ? [atMost(`${AT_LEAST} x libopus / ours <= 1`, AT_LEAST * slower(), 1)]
          : [],
      notes: [
        'Of ours all CPU of the process counts: reading the body, framing, decoding, 16-bit samples.',
        missing ?? 'opusdec reads an Ogg file, decodes it at 48 kHz and makes 16 kHz of that.',
      ],
    }
  } finally {
    delays.stop()
    opus.free()
    await decoder.close()
  }
}

/** Says what is missing where they cannot be had. */
async function addPeers(
  runners: Runner[],
  context: BenchContext,
  packets: readonly Uint8Array[],
  seconds: number,
): Promise<string | undefined> {
  const tools = await findOpusTools(context)
  if ('missing' in tools) return tools.missing
  const libopus = openLibopus(tools)
  const file = join(context.folder, 'speech.opus')
  await writeFile(file, toOggOpus(packets, PACKET_MS))
  runners.push(
    {
      name: LIBOPUS,
      role: 'peer',
      sample: async () => seconds / (await cpuSecondsOf(() => libopus.decode(packets))),
    },
    {
      name: 'opusdec --rate 16000',
      role: 'peer',
      sample: async () => seconds / (await runOpusdec(tools, file)),
    },
  )
  return undefined
}

async function cpuSecondsOf(work: () => unknown): Promise<number> {
  const before = cpuUsOf(process.pid)
  await work()
  return (cpuUsOf(process.pid) - before) / 1e6
}
