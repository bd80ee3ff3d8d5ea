import type { Manifest, ReasonCode, SegmentId, Stage } from '../kernel/index.ts'
import type { SegmentMark, StageProgress, UnitId } from '../ports/index.ts'

/** All the pipeline knows of the job that runs it. Bookkeeping happens behind these calls. */
export interface AttemptContext {
  readonly manifest: Manifest
  /** Aborted when the run must stop; work under way ends with `signal.reason`. */
  readonly signal: AbortSignal
  /** From 1. */
  readonly attempt: number
  /** Waits until effects may be started. Asked before every durable effect and paid call. */
  trusted(): Promise<void>
  alreadyLanded(segmentId: SegmentId): boolean
  /** Segments noted before this attempt; a file that is not read this time may hold some of them. */
  readonly notedBefore: number
  /** The segment is durable on the timeline (or silent, or failed for good): note it. */
  landed(mark: SegmentMark): Promise<void>
  /** For show: told when it costs nothing, or soon. */
  progress(progress: StageProgress): void
  /** How often a suspect of earlier deaths died alone; undefined for a unit that nobody suspects. */
  loneDeaths(unit: UnitId): number | undefined
  /** Units to come in their order, and how many of them may run at once. */
  expect(units: readonly UnitId[], atOnce: number): void
  /**
   * Runs `work` once it is durable that the unit is in flight. A suspect must be given alone, with
   * nothing else in flight: a death is then its own; coming through acquits it.
   */
  inFlight<T>(unit: UnitId, work: () => Promise<T>): Promise<T>
}

/** How an attempt ended, as a value. A lost claim or an abort is thrown instead. */
export type AttemptOutcome =
  | { readonly kind: 'done'; readonly stageMs: StageTimes }
  | { readonly kind: 'retry'; readonly error: unknown; readonly reasonCode?: ReasonCode }
  | { readonly kind: 'snooze'; readonly forMs: number; readonly reasonCode: ReasonCode }
  /** Never again: the job is landed with what it has. */
  | {
      readonly kind: 'discard'
      readonly reasonCode: ReasonCode
      readonly detail: string
      readonly retryAfterAt?: number
    }

export type StageTimes = Partial<Record<Stage, number>>
