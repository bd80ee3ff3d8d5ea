import type { FileId, ReasonCode, SegmentId, Stage } from '../kernel/index.ts'

export interface StageProgress {
  readonly stage: Stage
  /** Once the plan is known. */
  readonly totalSegments?: number
}

export interface SegmentMark {
  readonly segmentId: SegmentId
  readonly verdict: 'landed' | 'silent' | 'failed'
  readonly reasonCode?: ReasonCode
}

/** Work that a worker's death may be due to: a file in decode, or a segment in transcription. */
export type UnitId = FileId | SegmentId

/** What is in flight from now on. When its holder dies these are suspects (F33). */
export interface FlightNote {
  readonly units: readonly UnitId[]
  /** The units are one suspect, with nothing beside it: a death now is its own. */
  readonly alone: boolean
  /** Suspects that have come through. */
  readonly acquitted: readonly UnitId[]
}

/** What a run tells with its marks, or without any. */
export interface RunNews {
  /** A stage that was entered: a wait is over, and the job has come along. */
  readonly progress?: StageProgress
  readonly flight?: FlightNote
}

export interface Ledger {
  readonly marks: ReadonlyMap<SegmentId, SegmentMark>
  /** Units in flight at a death and not acquitted since, with how often each died alone. */
  readonly suspects: ReadonlyMap<string, number>
}
