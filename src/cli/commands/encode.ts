import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Command } from 'commander'
import { parseIso, SECOND_MS } from '../../kernel/index.ts'
import type { CommandContext } from '../context.ts'
import { readWav } from '../read-wav.ts'

interface Flags {
  readonly out: string
  readonly device: string
  readonly start?: string
}

/** A frame of 20 ms, as a wearable sends it. */
const FRAMES_PER_SECOND = 50

export function encodeCommand(program: Command, context: CommandContext): void {
  program
    .command('encode <wav>')
    .description('make the .bin a wearable would send of a WAV file (16-bit PCM), for testing')
    .option('--out <folder>', 'where to', '.')
    .option('--device <name>', 'device in the file name: letters, digits, dashes', 'cli')
    .option('--start <instant>', 'when it was recorded, ISO 8601; so that it ends now if not given')
    .action((path: string, flags: Flags) => encode(context, path, flags))
}

async function encode({ output, now }: CommandContext, path: string, flags: Flags): Promise<void> {
  if (!/^[A-Za-z0-9-]{1,40}$/.test(flags.device)) {
    throw new Error('--device: letters, digits and dashes, 40 at most')
  }
  const { sampleRateHz, pcm } = read(path, await readFile(path))
  const durationMs = (pcm.length / sampleRateHz) * SECOND_MS
  const startMs = flags.start === undefined ? now() - durationMs : parseIso(flags.start)
  if (startMs === undefined) throw new Error(`--start: ${flags.start} is no instant`)
  const seconds = Math.floor(startMs / SECOND_MS)
  const name = `audio_${flags.device}_pcm16_${sampleRateHz}_1_${seconds}.bin`
  const file = join(flags.out, name)
  await writeFile(file, framesOf(pcm, Math.round(sampleRateHz / FRAMES_PER_SECOND)))
  output.line(file)
}

function read(path: string, bytes: Uint8Array) {
  try {
    return readWav(bytes)
  } catch (error) {
    throw new Error(`${path}: ${error instanceof Error ? error.message : error}`, { cause: error })
  }
}

/** Length-prefixed frames of `samples` each; the last may be shorter. */
function framesOf(pcm: Int16Array, samples: number): Uint8Array {
  const parts: Uint8Array[] = []
  for (let at = 0; at < pcm.length; at += samples) {
    const frame = pcm.subarray(at, at + samples)
    const part = new DataView(new ArrayBuffer(4 + 2 * frame.length))
    part.setUint32(0, 2 * frame.length, true)
    frame.forEach((sample, i) => {
      part.setInt16(4 + 2 * i, sample, true)
    })
    parts.push(new Uint8Array(part.buffer))
  }
  return Buffer.concat(parts)
}
