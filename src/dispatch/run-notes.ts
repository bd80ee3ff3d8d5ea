import type { HeldClaim } from '../jobs/index.ts'
import type { AttemptContext } from '../pipeline/index.ts'
import type {
  Clock,
  FlightNote,
  HolderResult,
  JobStore,
  Ledger,
  SegmentMark,
  StageProgress,
  Timer,
  UnitId,
} from '../ports/index.ts'

/** What a run tells its ledger, in as few steps as its order allows. */
export interface RunNotes
  extends Pick<AttemptContext, 'landed' | 'progress' | 'loneDeaths' | 'expect' | 'inFlight'> {
  /** The run is over: nothing is told any more, and what was sent has its answer. */
  close(): Promise<void>
}

/** A stage waits so long for a step that goes anyway; then it has one of its own. */
const SHOWN_WITHIN_MS = 1_000

interface Step {
  readonly marks: SegmentMark[]
  readonly turn: Promise<void>
}

/**
 * Marks, stages and what is in flight, told one step at a time. Whatever ends while a step is under way
 * goes with the next one, and the units that may begin after it are told with it, so that no unit costs
 * a step of its own; nor does a stage, which is only shown. A unit begins only once its name is durable:
 * its worker may die of it (F33). A suspect is alone in the whole process until its end is durable too.
 */
export function createRunNotes(deps: {
  readonly store: Pick<JobStore, 'mark'>
  readonly held: Pick<HeldClaim, 'write'>
  readonly clock: Pick<Clock, 'after'>
  readonly suspects: Ledger['suspects']
  onMark(mark: SegmentMark): void
  onProgress(progress: StageProgress): void
}): RunNotes {
  const flight = createFlight()
  const stages = createStages(deps.clock, () => steps.next())
  let sending: { readonly units: readonly UnitId[]; readonly turn: Promise<void> } | undefined
  let sent: Promise<HolderResult> | undefined
  let isClosed = false

  const steps = createSteps(async (marks, turn) => {
    const note = flight.next()
    const progress = stages.take()
    sending = { units: note?.units ?? [], turn }
    const also = { ...(note ? { flight: note } : {}), ...(progress ? { progress } : {}) }
    try {
      await deps.held.write(async (claim) => {
        // Refused now, since the result may be frozen by now, it would pass for a claim that is lost.
        if (isClosed) return 'ok'
        sent = deps.store.mark(claim, marks, also)
        return sent
      })
    } catch (error) {
      stages.putBack(progress)
      throw error
    }
    if (note) flight.told(note)
  })
  const isDurable = async (unit: UnitId): Promise<void> => {
    if (flight.isTold(unit)) return
    if (!steps.isOneWaiting() && sending?.units.includes(unit)) return sending.turn
    return steps.next().turn
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
        if (isSuspect) await steps.next().turn
      }
    },
    landed: async (mark) => {
      const { marks, turn } = steps.next()
      marks.push(mark)
      await turn
      deps.onMark(mark)
    },
    progress: (progress) => {
      stages.enter(progress)
      deps.onProgress(progress)
    },
    close: async () => {
      isClosed = true
      stages.close()
      await sent?.catch(() => undefined)
    },
  }
}

/** One step after the other; the next one waits for the one under way, and takes what comes meanwhile. */
function createSteps(tell: (marks: readonly SegmentMark[], turn: Promise<void>) => Promise<void>) {
  let tail: Promise<unknown> = Promise.resolve()
  let waiting: Step | undefined
  return {
    isOneWaiting: () => waiting !== undefined,
    next: (): Step => {
      if (waiting) return waiting
      const marks: SegmentMark[] = []
      const turn: Promise<void> = tail.then(() => {
        waiting = undefined
        return tell(marks, turn)
      })
      // Its callers hear of a failure; the next step is tried all the same.
      tail = turn.then(
        () => undefined,
        () => undefined,
      )
      waiting = { marks, turn }
      return waiting
    },
  }
}

/** The stage that was entered last and is not told yet. */
function createStages(clock: Pick<Clock, 'after'>, tellNow: () => void) {
  let untold: StageProgress | undefined
  let timer: Timer | undefined
  const due = () => {
    timer = undefined
    if (untold) tellNow()
  }
  return {
    enter: (progress: StageProgress) => {
      untold = { ...untold, ...progress }
      timer ??= clock.after(SHOWN_WITHIN_MS, due)
    },
    take: () => {
      const taken = untold
      untold = undefined
      return taken
    },
    /** What was taken could not be told; what came since is newer. */
    putBack: (progress: StageProgress | undefined) => {
      if (progress) untold = { ...progress, ...untold }
    },
    close: () => timer?.cancel(),
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
