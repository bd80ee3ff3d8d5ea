import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { TerminalError } from '../../kernel/index.ts'

/** As Debian's `pocketsphinx-en-us` lays them out. */
function modelFiles(modelDir: string) {
  return {
    '-hmm': join(modelDir, 'en-us'),
    '-lm': join(modelDir, 'en-us.lm.bin'),
    '-dict': join(modelDir, 'cmudict-en-us.dict'),
  }
}

export function modelArgs(modelDir: string): string[] {
  return Object.entries(modelFiles(modelDir)).flat()
}

/** @throws TerminalError `stt_configuration_error`: the child itself does not say what it lacks. */
export async function assertModel(modelDir: string): Promise<void> {
  for (const file of Object.values(modelFiles(modelDir))) {
    await access(file).catch((cause: unknown) => {
      const what = `the recogniser's model lacks ${file}`
      throw new TerminalError(what, { cause, reasonCode: 'stt_configuration_error' })
    })
  }
}
