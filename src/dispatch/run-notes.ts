import type { HeldClaim } from '../jobs/index.ts'
import type { AttemptContext } from '../pipeline/index.ts'
import type {
  Claim,
  FlightNote,
  HolderResult,
  JobStore,
  Ledger,
  SegmentMark,
  StageProgress,
  UnitId,
} from '../ports/index.ts'

/** What a run tells its ledger, in as few steps as its order allows. */
export type RunNotes = Pick<
  AttemptContext,
  'landed' | 'progress' | 'loneDeaths' | 'expect' | 'inFlight'
>

interface Batch {
  readonly marks: SegmentMark[]
  readonly turn: Promise<void>
}

/**
 * Marks and what is in flight, told one step at a time. Whatever ends while a step is under way goes
 * with the next one, and the units that may begin after it are told with it, so that no unit costs a
 * step of its own. A unit begins only once its name is durable: its worker may die of it (F33). A
 * suspect is alone in the whole process until its end is durable too.
 */
export function createRunNotes(deps: {
  readonly store: Pick<JobStore, 'mark' | 'advance'>
  readonly held: Pick<HeldClaim, 'write'>
  readonly suspects: Ledger['suspects']
  onMark(mark: SegmentMark): void
  onProgress(progress: StageProgress): void
}): RunNotes {
  const flight = createFlight()
  let tail: Promise<unknown> = Promise.resolve()
  let waiting: Promise<void> | undefined
  let sending: { readonly units: readonly UnitId[]; readonly turn: Promise<void> } | undefined
  let batch: Batch | undefined

  const send = (
    write: (claim: Claim, note: FlightNote | undefined) => Promise<HolderResult>,
  ): Promise<void> => {
    const turn: Promise<void> = tail.then(async () => {
      if (waiting === turn) waiting = undefined
      if (batch?.turn === turn) batch = undefined
      const note = flight.next()
      sending = { units: note?.units ?? [], turn }
      await deps.held.write((claim) => write(claim, note))
      if (note) flight.told(note)
    })
    waiting = turn
    // Its callers hear of a failure; the next step is tried all the same.
    tail = turn.then(
      () => undefined,
      () => undefined,
    )
    return turn
  }
  const nextBatch = (): Batch => {
    if (batch) return batch
    const marks: SegmentMark[] = []
    batch = { marks, turn: send((claim, note) => deps.store.mark(claim, marks, note)) }
    return batch
  }
  const isDurable = async (unit: UnitId): Promise<void> => {
    if (flight.isTold(unit)) return
    if (waiting) return waiting
    return sending?.units.includes(unit) ? sending.turn : nextBatch().turn
  }

  return {
    loneDeaths: (unit) => deps.suspects.get(unit),
    expect: (units, atOnce) => flight.expect(units, atOnce),
    inFlight: async (unit, work) => {
      const isSuspect = deps.suspects.has(unit)
      flight.enter(unit, isSuspect)
      try {
        await isDurable(unit)
        const done = await work()
        if (isSuspect) flight.acquit(unit)
        return done
      } finally {
        flight.leave(unit)
        // Before anyone else begins: a death after this is not its own.
        if (isSuspect) await nextBatch().turn
      }
    },
    landed: async (mark) => {
      const { marks, turn } = nextBatch()
      marks.push(mark)
      await turn
      deps.onMark(mark)
    },
    progress: async (progress) => {
      await send((claim, note) => deps.store.advance(claim, progress, note))
      deps.onProgress(progress)
    },
  }
}

/** What is in flight now, what may be next, and what the store was told of it. */
function createFlight() {
  const running = new Set<UnitId>()
  const acquitted = new Set<UnitId>()
  let upcoming: UnitId[] = []
  let mayRun = 0
  let alone: UnitId | undefined
  let told: Pick<FlightNote, 'units' | 'alone'> = { units: [], alone: false }

  return {
    expect: (units: readonly UnitId[], atOnce: number) => {
      upcoming = [...units]
      mayRun = atOnce
    },
    enter: (unit: UnitId, isAlone: boolean) => {
      upcoming = upcoming.filter((each) => each !== unit)
      running.add(unit)
      if (isAlone) alone = unit
    },
    leave: (unit: UnitId) => {
      running.delete(unit)
      if (alone === unit) alone = undefined
    },
    acquit: (unit: UnitId) => void acquitted.add(unit),
    isTold: (unit: UnitId) => told.units.includes(unit) && told.alone === (alone !== undefined),
    /** @returns undefined when the store knows it already */
    next: (): FlightNote | undefined => {
      const free = Math.max(0, mayRun - running.size)
      const units = alone ? [alone] : [...running, ...upcoming.slice(0, free)]
      const note = { units, alone: alone !== undefined, acquitted: [...acquitted] }
      const isKnown =
        note.acquitted.length === 0 &&
        note.alone === told.alone &&
        units.join() === told.units.join()
      return isKnown ? undefined : note
    },
    told: (note: FlightNote) => {
      told = note
      for (const unit of note.acquitted) acquitted.delete(unit)
    },
  }
}
