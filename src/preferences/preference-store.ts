import * as z from 'zod'
import {
  MalformedRecordError,
  NewerSchemaError,
  NO_PREFERENCES,
  objectNames,
  type Preferences,
  preferencesSchema,
  SCHEMA_VERSION,
  type UidHash,
  UnavailableError,
} from '../kernel/index.ts'
import type { Clock, ObjectStore } from '../ports/index.ts'
import type { Events } from '../telemetry/index.ts'

/** A user changes their mind on one or two devices at once, not on more. */
const MAX_ROUNDS = 5
const PAUSE_MS = 100

export interface PreferenceStoreDeps {
  readonly objects: Pick<ObjectStore, 'read' | 'replace'>
  readonly clock: Clock
  readonly random: () => number
  readonly events: Pick<Events, 'unexpectedError'>
}

/** @throws UnavailableError (party `gcs`), or NewerSchemaError when a newer revision wrote them (F52) */
export interface PreferenceStore {
  /** A user who said nothing has none. */
  read(uidHash: UidHash): Promise<Preferences>
  /** The last write wins; it is durable when this returns. */
  write(uidHash: UidHash, preferences: Preferences): Promise<void>
}

export function createPreferences(deps: PreferenceStoreDeps): PreferenceStore {
  const load = async (uidHash: UidHash) => {
    const stored = await deps.objects.read(objectNames.preferences(uidHash))
    if (!stored) return { preferences: NO_PREFERENCES, generation: '0' }
    return { preferences: parse(deps, stored.bytes), generation: stored.generation }
  }
  return {
    read: async (uidHash) => (await load(uidHash)).preferences,
    write: async (uidHash, preferences) => {
      for (let round = 0; round < MAX_ROUNDS; round += 1) {
        const { generation } = await load(uidHash)
        const answer = await deps.objects.replace(
          objectNames.preferences(uidHash),
          Buffer.from(JSON.stringify(preferences)),
          { ifGeneration: generation, contentType: 'application/json' },
        )
        if (answer.kind === 'written') return
        await deps.clock.sleep(deps.random() * PAUSE_MS)
      }
      const what = `the preferences changed under ${MAX_ROUNDS} writes in a row`
      throw new UnavailableError(what, { party: 'gcs' })
    },
  }
}

const versionSchema = z.object({ schemaVersion: z.int() })

/** What cannot be read stops no transcription: told loudly, and none. */
function parse({ events }: PreferenceStoreDeps, bytes: Uint8Array): Preferences {
  const what = 'the preferences of a user'
  const json = readJson(bytes)
  const { data } = versionSchema.safeParse(json)
  if (data && data.schemaVersion > SCHEMA_VERSION) {
    throw new NewerSchemaError(what, data.schemaVersion)
  }
  const parsed = preferencesSchema.safeParse(json)
  if (parsed.success) return parsed.data
  const error = new MalformedRecordError(`${what} do not fit their schema`, { cause: parsed.error })
  events.unexpectedError({ where: 'preferences', error })
  return NO_PREFERENCES
}

/** Undefined for what is not JSON: no schema takes that. */
function readJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch {
    return undefined
  }
}
