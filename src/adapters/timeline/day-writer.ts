import {
  objectNames,
  type TimelineFacts,
  type UidHash,
  UnavailableError,
} from '../../kernel/index.ts'
import type { Clock, ObjectStore } from '../../ports/index.ts'
import { type DayDocument, loadDay, type StoredDay, serialize, withFacts } from './day-document.ts'

/**
 * Rounds a writer may lose. Each lost round is another writer's success, so that a handful of
 * processes get through in a few; a lower number fails landings in a crowd, a higher one only delays.
 */
const MAX_ROUNDS = 12
const FIRST_PAUSE_MS = 50
/** An object takes about one write a second. */
const LONGEST_PAUSE_MS = 2_000

export interface DayWriterDeps {
  readonly objects: Pick<ObjectStore, 'read' | 'replace'>
  readonly clock: Clock
  /** From 0 up to 1. */
  readonly random: () => number
}

export interface DayWriter {
  /** Resolves with the day once all of them are durable in its document, whoever wrote them. */
  write(uidHash: UidHash, day: string, facts: TimelineFacts): Promise<DayDocument>
}

interface Waiting {
  readonly facts: TimelineFacts
  readonly done: PromiseWithResolvers<DayDocument>
}

/** Writes of this process to one document go out together: those that come during a write form the next. */
export function createDayWriter(deps: DayWriterDeps): DayWriter {
  const waitingByName = new Map<string, Waiting[]>()

  async function drain(uidHash: UidHash, day: string, waiting: Waiting[]): Promise<void> {
    let known: StoredDay | undefined
    for (let batch = waiting.splice(0); batch.length > 0; batch = waiting.splice(0)) {
      try {
        const facts = {
          members: batch.flatMap((each) => each.facts.members),
          tombstones: batch.flatMap((each) => each.facts.tombstones),
        }
        known = await swapIn(deps, { uidHash, day, facts, known })
        for (const { done } of batch) done.resolve(known.document)
      } catch (error) {
        known = undefined
        for (const { done } of batch) done.reject(error)
      }
    }
    // In the same turn as the look that found nothing waiting: who comes next starts anew.
    waitingByName.delete(objectNames.timeline(uidHash, day))
  }

  return {
    write: (uidHash, day, facts) => {
      const name = objectNames.timeline(uidHash, day)
      const done = Promise.withResolvers<DayDocument>()
      const waiting = waitingByName.get(name)
      if (waiting) waiting.push({ facts, done })
      else {
        const queue = [{ facts, done }]
        waitingByName.set(name, queue)
        void drain(uidHash, day, queue)
      }
      return done.promise
    },
  }
}

/** @returns the document as it stands now, all `facts` in it */
async function swapIn(
  { objects, clock, random }: DayWriterDeps,
  work: {
    readonly uidHash: UidHash
    readonly day: string
    readonly facts: TimelineFacts
    readonly known: StoredDay | undefined
  },
): Promise<StoredDay> {
  const { uidHash, day, facts } = work
  const name = objectNames.timeline(uidHash, day)
  let current = work.known
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    current ??= await loadDay(objects, uidHash, day)
    const document = withFacts(current.document, facts)
    if (!document) return current
    const answer = await objects.replace(name, serialize(document), {
      ifGeneration: current.generation,
      contentType: 'application/json',
    })
    if (answer.kind === 'written') return { document, generation: answer.generation }
    // Perhaps our own write, its reply lost: reading it again tells.
    current = undefined
    await clock.sleep(random() * Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** round))
  }
  throw new UnavailableError(`${name} changed under ${MAX_ROUNDS} writes in a row`, {
    party: 'gcs',
  })
}
