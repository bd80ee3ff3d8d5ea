import * as fc from 'fast-check'
import type { FleetConfig } from './fleet.ts'
import { type ArmedTrouble, type Party, SEAMS, type Trouble } from './life.ts'
import type { ProviderAnswer } from './provider.ts'
import { CONTENT_COUNT } from './sounds.ts'

/** What happens next. Numbers pick among what there is at that moment; with nothing to pick, nothing happens. */
export type Step =
  | {
      kind: 'upload'
      by: number
      content: number
      targeted: boolean
      /** Which of the client's idempotency keys it sends, if any. */
      key?: number | undefined
      troubles: readonly ArmedTrouble[]
    }
  /** The queue pushes a due task; when none is due, time passes until one is. */
  | { kind: 'deliver'; by: number; pick: number; troubles: readonly ArmedTrouble[] }
  /** A delivery the queue made already comes again: a duplicate, or one of long ago. */
  | { kind: 'redeliver'; by: number; pick: number }
  /** Somebody who is not the queue calls. */
  | { kind: 'forge'; by: number; pick: number }
  /** The connection of a delivery breaks; the work goes on unseen. */
  | { kind: 'cut'; pick: number }
  /** The platform answers a push before it reaches a process. */
  | { kind: 'burn'; pick: number }
  /** The user takes back a job they were told of. */
  | { kind: 'cancel'; by: number; pick: number; troubles: readonly ArmedTrouble[] }
  | { kind: 'reap'; by: number; troubles: readonly ArmedTrouble[] }
  | { kind: 'crash'; by: number }
  | { kind: 'shutdown'; by: number }
  | { kind: 'freeze'; by: number; ms: number }
  | { kind: 'skew'; by: number; ms: number }
  | { kind: 'outage'; by: number; party: Party; ms: number; moment: 'before' | 'after' }
  | { kind: 'provider'; answers: ProviderAnswer[] }
  | { kind: 'advance'; ms: number }
  | { kind: 'jump'; ms: number }
  | { kind: 'flush' }
  | { kind: 'purge' }
  /** The bucket's own rules take a job's audio, with or without its manifest. */
  | { kind: 'expire'; pick: number; withManifest: boolean }

export interface Story {
  readonly config: FleetConfig
  readonly steps: readonly Step[]
}

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

const moment = fc.constantFrom('before' as const, 'after' as const)
const wait = fc.constantFrom(200, 4 * SECOND, 14 * SECOND, 40 * SECOND)
const trouble: fc.Arbitrary<Trouble> = fc.oneof(
  fc.record({ kind: fc.constantFrom('error' as const, 'crash' as const), moment }),
  fc.record({ kind: fc.constant('slow' as const), moment, ms: wait }),
  fc.record({ kind: fc.constantFrom('late' as const, 'freeze' as const), ms: wait }),
  fc.record({ kind: fc.constant('hangup' as const) }),
)
/** A run makes some fifty calls; a trouble meets one of them, or one that is worth naming. */
const armed: fc.Arbitrary<ArmedTrouble> = fc.oneof(
  fc.record({ after: fc.nat({ max: 50 }), trouble }),
  fc.record({ after: fc.nat({ max: 2 }), trouble, seam: fc.constantFrom(...SEAMS) }),
)
const troubles = fc.array(armed, { maxLength: 3 })
const by = fc.nat({ max: 1 })
const pick = fc.nat({ max: 7 })
const answer: fc.Arbitrary<ProviderAnswer> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('text' as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constantFrom('empty' as const, 'retryable' as const) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('invalid' as const, 'misconfigured' as const) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('busy' as const),
      retryAfterMs: fc.constantFrom(undefined, 5 * SECOND, 4 * MINUTE),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('slow' as const),
      ms: fc.constantFrom(3 * SECOND, 20 * SECOND, 10 * MINUTE),
    }),
  },
)
const is = <Kind extends Step['kind']>(kind: Kind) => fc.constant(kind)

const stepArbitrary: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: is('upload'),
      by,
      content: fc.nat({ max: CONTENT_COUNT - 1 }),
      targeted: fc.integer({ min: 0, max: 4 }).map((n) => n === 4),
      key: fc.option(fc.nat({ max: 2 }), { freq: 2, nil: undefined }),
      troubles,
    }),
  },
  { weight: 10, arbitrary: fc.record({ kind: is('deliver'), by, pick, troubles }) },
  { weight: 2, arbitrary: fc.record({ kind: is('cancel'), by, pick, troubles }) },
  { weight: 2, arbitrary: fc.record({ kind: is('redeliver'), by, pick }) },
  { weight: 1, arbitrary: fc.record({ kind: is('forge'), by, pick }) },
  { weight: 1, arbitrary: fc.record({ kind: is('cut'), pick }) },
  { weight: 1, arbitrary: fc.record({ kind: is('burn'), pick }) },
  { weight: 4, arbitrary: fc.record({ kind: is('reap'), by, troubles }) },
  { weight: 2, arbitrary: fc.record({ kind: is('crash'), by }) },
  { weight: 1, arbitrary: fc.record({ kind: is('shutdown'), by }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: is('freeze'),
      by,
      ms: fc.constantFrom(4 * SECOND, 20 * SECOND, 3 * MINUTE),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: is('skew'),
      by,
      ms: fc.constantFrom(0, 30 * SECOND, -30 * SECOND, 5 * MINUTE),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: is('outage'),
      by,
      party: fc.constantFrom('gcs', 'redis', 'tasks', 'stt'),
      ms: fc.constantFrom(2 * SECOND, 20 * SECOND, 2 * MINUTE),
      moment,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: is('provider'), answers: fc.array(answer, { maxLength: 8 }) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: is('advance'),
      ms: fc.constantFrom(SECOND, 6 * SECOND, 16 * SECOND, MINUTE, 5 * MINUTE, 26 * HOUR),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: is('jump'),
      ms: fc.constantFrom(20 * SECOND, 10 * MINUTE, -10 * SECOND),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: is('flush') }) },
  { weight: 1, arbitrary: fc.record({ kind: is('purge') }) },
  { weight: 1, arbitrary: fc.record({ kind: is('expire'), pick, withManifest: fc.boolean() }) },
)

const seam = fc.constantFrom(...SEAMS)
/** Shorter and longer than a lease, and than the backoff after which the queue tries again. */
const long = fc.constantFrom(14 * SECOND, 25 * SECOND, 70 * SECOND)
const delay: fc.Arbitrary<Trouble> = fc.oneof(
  fc.record({ kind: fc.constant('slow' as const), moment, ms: long }),
  fc.record({ kind: fc.constant('freeze' as const), ms: long }),
)
const delayed = fc
  .record({ after: fc.nat({ max: 2 }), trouble: delay, seam })
  .map((one): readonly ArmedTrouble[] => [one])
const none: readonly ArmedTrouble[] = []
const rarely = fc.nat({ max: 3 }).map((n) => n === 0)

/** What chance alone would seldom arrange: several actors at one job. */
const scenes: fc.Arbitrary<readonly Step[]> = fc.oneof(
  // A holder comes late: its queue has heard nothing and pushes again. Perhaps Redis forgets both.
  fc
    .tuple(by, delayed, rarely, delayed)
    .map(([first, late, isFlushed, again]): Step[] => [
      { kind: 'deliver', by: first, pick: 0, troubles: late },
      { kind: 'cut', pick: 0 },
      ...(isFlushed ? [{ kind: 'flush' } as const] : []),
      { kind: 'deliver', by: 1 - first, pick: 0, troubles: again },
    ]),
  // The user takes a job back in the middle of its run, perhaps twice.
  fc
    .tuple(by, delayed, delayed, rarely)
    .map(([first, run, cancel, isRepeated]): Step[] => [
      { kind: 'deliver', by: first, pick: 0, troubles: run },
      { kind: 'cancel', by: 1 - first, pick: 0, troubles: cancel },
      ...(isRepeated ? [{ kind: 'cancel', by: first, pick: 0, troubles: none } as const] : []),
      { kind: 'advance', ms: MINUTE },
    ]),
  // The queue loses its tasks, and two passes meet.
  fc
    .tuple(by, delayed)
    .map(([first, troubles]): Step[] => [
      { kind: 'purge' },
      { kind: 'advance', ms: MINUTE },
      { kind: 'reap', by: first, troubles },
      { kind: 'reap', by: 1 - first, troubles: none },
    ]),
  // Redis forgets and the queue loses its tasks at once; perhaps while somebody works.
  fc
    .tuple(by, delayed, troubles)
    .map(([first, working, sweeping]): Step[] => [
      { kind: 'deliver', by: first, pick: 0, troubles: working },
      { kind: 'flush' },
      { kind: 'purge' },
      { kind: 'advance', ms: MINUTE },
      { kind: 'reap', by: 1 - first, troubles: sweeping },
      { kind: 'reap', by: first, troubles: none },
    ]),
  // Two clients send the same, or one sends it twice.
  fc
    .tuple(by, fc.nat({ max: CONTENT_COUNT - 1 }), delayed)
    .map(([first, content, troubles]): Step[] => [
      { kind: 'upload', by: first, content, targeted: false, troubles },
      { kind: 'upload', by: 1 - first, content, targeted: true, troubles: none },
    ]),
)

/** @param maxSteps how long a story may be; shrinking shortens it */
export function storyArbitrary(maxSteps: number): fc.Arbitrary<Story> {
  return fc.record({
    config: fc.record({
      dispatchMode: fc.constantFrom('cloud_tasks', 'cloud_tasks', 'cloud_tasks', 'inline'),
      userSlots: fc.constantFrom(0, 1, 2),
      maxFruitlessAttempts: fc.constantFrom(5, 2),
    }),
    steps: fc
      .array(
        fc.oneof(
          { weight: 8, arbitrary: stepArbitrary.map((step): readonly Step[] => [step]) },
          { weight: 1, arbitrary: scenes },
        ),
        { minLength: 1, maxLength: maxSteps, size: 'max' },
      )
      .map((parts) => parts.flat()),
  })
}
