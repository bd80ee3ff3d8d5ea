import {
  MalformedRecordError,
  objectNames,
  type UidHash,
  UnavailableError,
} from '../kernel/index.ts'
import type { Clock, ObjectStore } from '../ports/index.ts'
import type { Events } from '../telemetry/index.ts'
import { GOOD_STANDING, type Standing, standingSchema } from './standing.ts'

/** Another process found the same violation: a few rounds are plenty. */
const MAX_ROUNDS = 5
const PAUSE_MS = 100

export interface StandingStoreDeps {
  readonly objects: Pick<ObjectStore, 'read' | 'replace'>
  readonly clock: Clock
  readonly random: () => number
  readonly events: Pick<Events, 'unexpectedError'>
}

/** Where users stand, durable. @throws UnavailableError (party `gcs`) */
export interface StandingStore {
  read(uidHash: UidHash): Promise<Standing>
  /** Applies `change` to what stands there, by compare-and-swap; undefined leaves it. */
  change(
    uidHash: UidHash,
    change: (standing: Standing) => Standing | undefined,
  ): Promise<Standing | undefined>
}

export function createStandingStore(deps: StandingStoreDeps): StandingStore {
  const load = async (uidHash: UidHash) => {
    const stored = await deps.objects.read(objectNames.standing(uidHash))
    if (!stored) return { standing: GOOD_STANDING, generation: '0' }
    return { standing: parse(deps, stored.bytes), generation: stored.generation }
  }
  return {
    read: async (uidHash) => (await load(uidHash)).standing,
    change: async (uidHash, change) => {
      for (let round = 0; round < MAX_ROUNDS; round += 1) {
        const { standing, generation } = await load(uidHash)
        const next = change(standing)
        if (!next) return undefined
        const answer = await deps.objects.replace(
          objectNames.standing(uidHash),
          Buffer.from(JSON.stringify(next)),
          { ifGeneration: generation, contentType: 'application/json' },
        )
        if (answer.kind === 'written') return next
        await deps.clock.sleep(deps.random() * PAUSE_MS)
      }
      throw new UnavailableError(`the standing changed under ${MAX_ROUNDS} writes in a row`, {
        party: 'gcs',
      })
    },
  }
}

/** What cannot be read holds nothing against the user: told loudly, and good standing. */
function parse({ events }: StandingStoreDeps, bytes: Uint8Array): Standing {
  let cause: unknown
  try {
    const parsed = standingSchema.safeParse(JSON.parse(Buffer.from(bytes).toString('utf8')))
    if (parsed.success) return parsed.data
    cause = parsed.error
  } catch (error) {
    cause = error
  }
  const error = new MalformedRecordError('a fair-use standing does not fit its schema', { cause })
  events.unexpectedError({ where: 'fair-use standing', error })
  return GOOD_STANDING
}
