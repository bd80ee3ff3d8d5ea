import { access, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type FindOptions,
  findProgram,
  installPrefix,
  type Missing,
  type Program,
} from './find-program.ts'
import { runCommand } from './run-command.ts'

export interface Recogniser extends Program {
  /** The American English model: `en-us/`, `en-us.lm.bin`, `cmudict-en-us.dict`. */
  readonly modelDir: string
}

/** CMU PocketSphinx with its American English model, about 55 MB unpacked. */
export async function findRecogniser(options: FindOptions): Promise<Recogniser | Missing> {
  return findProgram<Recogniser>({
    ...options,
    title: 'The speech recogniser PocketSphinx',
    commands: ['pocketsphinx_batch'],
    packages: ['pocketsphinx', 'pocketsphinx-en-us'],
    installHint:
      'apt-get install pocketsphinx pocketsphinx-en-us, dnf install pocketsphinx pocketsphinx-models, ' +
      'or brew install cmu-pocketsphinx.',
    check,
  })
}

async function check(program: Program): Promise<Recogniser | undefined> {
  const modelDir = await findModel(program.command)
  // Without arguments it lists those it knows and exits with 1.
  const { stdout, stderr } = await runCommand(program.command, [], { env: program.env })
  const isRecogniser = `${stdout}${stderr}`.includes('-hypseg')
  return isRecogniser && modelDir !== undefined ? { ...program, modelDir } : undefined
}

async function findModel(command: string): Promise<string | undefined> {
  const prefixes = [installPrefix(command), installPrefix(await realpath(command)), '/usr']
  for (const prefix of prefixes) {
    const folder = join(prefix, 'share', 'pocketsphinx', 'model', 'en-us')
    const isWhole = await access(join(folder, 'cmudict-en-us.dict')).then(
      () => true,
      () => false,
    )
    if (isWhole) return folder
  }
  return undefined
}
