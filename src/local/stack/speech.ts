import { type FindOptions, findRecogniser } from '../packages/index.ts'

/** How the stack's service hears: which provider, and the settings it takes. */
export interface Speech {
  readonly provider: 'offline' | 'spans'
  /** For a person. */
  readonly title: string
  readonly settings: Readonly<Record<string, string>>
}

const SPANS_TITLE = 'speech spans only: when somebody spoke, not what they said'

/** The offline recogniser where it can be had, else spans with the reason told. */
export async function prepareSpeech(
  wanted: Speech['provider'],
  find: FindOptions,
): Promise<Speech> {
  if (wanted === 'spans') return spansOnly(SPANS_TITLE)
  const found = await findRecogniser(find)
  if ('missing' in found) {
    find.announce?.(found.missing)
    return spansOnly(`${SPANS_TITLE} (no recogniser on this machine)`)
  }
  const { LD_LIBRARY_PATH: libraries } = found.env
  return {
    provider: 'offline',
    title: 'PocketSphinx, offline, American English',
    settings: {
      STT_PROVIDER: 'offline',
      STT_OFFLINE_COMMAND: found.command,
      STT_OFFLINE_MODEL_DIR: found.modelDir,
      ...(libraries === undefined ? {} : { STT_OFFLINE_LIBRARY_PATH: libraries }),
    },
  }
}

function spansOnly(title: string): Speech {
  return { provider: 'spans', title, settings: { STT_PROVIDER: 'spans' } }
}
