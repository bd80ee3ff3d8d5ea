import { dlopen } from 'node:ffi'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import {
  findProgram,
  type Missing,
  type Program,
} from '../../../src/local/packages/find-program.ts'
import { runCommand } from '../../../src/local/packages/run-command.ts'
import type { BenchContext } from '../bench.ts'

/** `opusdec`, and libopus with it: the system's, or Debian's, unpacked like Redis. */
export function findOpusTools(context: BenchContext): Promise<Program | Missing> {
  return findProgram<Program>({
    cacheFolder: context.packagesFolder,
    environment: context.environment,
    announce: context.say,
    title: 'The Opus tools',
    commands: ['opusdec'],
    packages: ['opus-tools'],
    installHint: 'apt-get install opus-tools, dnf install opus-tools, or brew install opus-tools.',
    check: async (program) => {
      const { stdout } = await runCommand(program.command, ['--version'], { env: program.env })
      return stdout.includes('libopus') ? program : undefined
    },
  })
}

const RATE_HZ = 16_000
const CHANNELS = 1
const NO_ERROR_CORRECTION = 0
/** 120 ms, the longest that a packet can hold. */
const MOST_SAMPLES = 1_920

export interface Libopus {
  /** How many samples the packets of one file decode to. */
  decode(packets: readonly Uint8Array[]): number
}

/** libopus itself, in C as the distribution compiles it, called in this process. */
export function openLibopus({ env }: Program): Libopus {
  const folders = (env['LD_LIBRARY_PATH'] ?? '').split(delimiter)
  const file = folders.map((folder) => join(folder, 'libopus.so.0')).find(existsSync)
  const { functions: libopus } = dlopen(file ?? 'libopus.so.0', {
    opus_decoder_create: { arguments: ['int32', 'int32', 'buffer'], return: 'pointer' },
    opus_decode: {
      arguments: ['pointer', 'buffer', 'int32', 'buffer', 'int32', 'int32'],
      return: 'int32',
    },
    opus_decoder_destroy: { arguments: ['pointer'], return: 'void' },
  })
  return {
    decode(packets) {
      const decoder = libopus.opus_decoder_create(RATE_HZ, CHANNELS, Buffer.alloc(4))
      const pcm = Buffer.alloc(MOST_SAMPLES * 2)
      let samples = 0
      for (const packet of packets) {
        samples += libopus.opus_decode(
          decoder,
          packet,
          packet.length,
          pcm,
          MOST_SAMPLES,
          NO_ERROR_CORRECTION,
        )
      }
      libopus.opus_decoder_destroy(decoder)
      return samples
    },
  }
}

/** CPU seconds of one run over an Ogg file, counted by the shell in hundredths. */
export async function runOpusdec({ command, env }: Program, file: string): Promise<number> {
  const script = '"$@" >/dev/null 2>&1 && times'
  const opusdec = [command, '--quiet', '--rate', '16000', file, '/dev/null']
  const { code, stdout } = await runCommand('/bin/sh', ['-c', script, 'sh', ...opusdec], { env })
  const [, ofChildren = ''] = stdout.split('\n')
  const times = [...ofChildren.matchAll(/(\d+)m([\d.]+)s/g)]
  if (code !== 0 || times.length === 0) throw new Error('opusdec does not run')
  return times.reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds),
    0,
  )
}
