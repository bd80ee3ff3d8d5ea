import type { Program } from '../../src/local/packages/index.ts'
import type { Clock } from '../../src/ports/index.ts'

/** `floor`: the least that the job takes at all; `part`: something that ours is made of. */
export type Role = 'ours' | 'peer' | 'floor' | 'part'

export interface Contestant {
  readonly name: string
  readonly role: Role
  /** In the measure's unit; a count that repeats exactly needs only one. */
  readonly samples: readonly number[]
}

/** One quantity of every contestant, taken in one run. */
export interface Measure {
  readonly what: string
  /** Short, for the table: `s`, `us CPU`, `commands`. */
  readonly unit: string
  readonly contestants: readonly Contestant[]
  /** Name of the contestant that the others are divided by. */
  readonly reference: string
}

export interface Goal {
  /** Says the limit, e.g. `median of ours <= 20 s`. */
  readonly what: string
  readonly value: number
  readonly isMet: boolean
}

export interface BenchReport {
  readonly measures: readonly Measure[]
  readonly goals: readonly Goal[]
  /** What a reader must know to believe the figures. */
  readonly notes: readonly string[]
}

export interface BenchContext {
  /** Empty at the start; goes after the run. */
  readonly folder: string
  readonly redis: Program
  readonly packagesFolder: string
  /** Of the caller: PATH, HOME and proxies are read. */
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  /** Whether a bench that has plots draws them into its folder. */
  readonly drawsPlots: boolean
  /** Progress for a person. */
  readonly say: (line: string) => void
}

export type RunBench = (context: BenchContext) => Promise<BenchReport>

/** One row of the goals. The code is imported only when it runs: peers are heavy. */
export interface Bench {
  readonly name: string
  /** Its number in the list of goals. */
  readonly number: string
  readonly title: string
  readonly load: () => Promise<RunBench>
}

export function atMost(what: string, value: number, limit: number): Goal {
  return { what, value, isMet: value <= limit }
}
