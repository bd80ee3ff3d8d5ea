import { readdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { BusyError } from '../../kernel/index.ts'
import type { SpeechToText } from '../../ports/index.ts'

/**
 * A provider that answers 503 once for every file in `folder`, and takes the file away: whoever lays
 * files there orders failures, and a service that is killed owes those that are left.
 */
export function failOnOrder(speech: SpeechToText, folder: string): SpeechToText {
  return {
    ...speech,
    transcribe: async (request) => {
      if (await takeOne(folder)) {
        throw new BusyError('speech-to-text answered 503, as ordered')
      }
      return speech.transcribe(request)
    },
  }
}

async function takeOne(folder: string): Promise<boolean> {
  for (const name of await ordered(folder)) {
    // Of several calls at once one gets it.
    const isMine = await unlink(join(folder, name)).then(
      () => true,
      () => false,
    )
    if (isMine) return true
  }
  return false
}

async function ordered(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    // Nobody has ordered anything yet.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}
