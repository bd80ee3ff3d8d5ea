import type { Subject } from './check-end.ts'
import type { Lane } from './lane.ts'
import type { LaneMode } from './lane-environment.ts'
import type { ProviderMood } from './orders.ts'

/** One path through the service, disturbed the same way each time so that its steps come again. */
export interface Scenario {
  readonly name: string
  readonly title: string
  readonly mode: LaneMode
  /** So many files of one segment each, or one file of two segments. */
  readonly sample: 2 | 3 | 'gap'
  readonly mood?: ProviderMood
  /** The same bytes were uploaded, completed and cleaned up before the steps are counted. */
  readonly hasPrior?: true
  /** Done to the queue before the upload. */
  readonly disturb?: (lane: Lane) => void
  /** Done when the upload has its 202, the first time. */
  readonly onAccepted?: (subject: Subject) => Promise<void>
  /** Done by the client when it has read all its words: then there are none any more. */
  readonly onEnded?: (subject: Subject) => Promise<void>
  /** The store is wiped on the way. */
  readonly forgets?: true
  /** The job ends as cancelled, and its bytes answer with that. */
  readonly isCancelled?: true
  /** The job may end as failed: then the same bytes are accepted again. */
  readonly mayFail?: true
  /** Only these steps are this scenario's own. */
  readonly steps?: readonly string[]
  /** Only the steps from the first `from` to the last `to` are this scenario's own. */
  readonly from?: string
  readonly to?: string
  /** Leaves out the second of many: another scenario has it. */
  readonly isBrief?: true
  /** The recovery pass's own steps belong to the path; else they only happen beside it. */
  readonly isRecovery?: true
}

/** Longer than an upload takes, so that the wipe comes before the delivery. */
const HELD_BACK_MS = 2_000

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'run',
    title: 'upload, run, finalize, clean up (queue)',
    mode: 'cloud_tasks',
    sample: 3,
  },
  {
    name: 'gap',
    title: 'one file of two segments, the one landed and the other not (queue)',
    mode: 'cloud_tasks',
    sample: 'gap',
    steps: [
      'object.create.plan',
      'object.create.transcript',
      'object.replace.timeline',
      'script.mark',
    ],
  },
  {
    name: 'retry',
    title: 'the provider fails once: requeue, next delivery (queue)',
    mode: 'cloud_tasks',
    sample: 2,
    mood: { fails: 'error', call: 2 },
    from: 'script.read',
    to: 'script.mark',
  },
  {
    name: 'busy',
    title: 'the provider is busy: snooze under the next generation',
    mode: 'cloud_tasks',
    sample: 2,
    mood: { fails: 'busy', call: 2 },
    from: 'script.release',
    to: 'script.claim',
  },
  {
    name: 'lost',
    title: 'the task vanishes undelivered: recovery, next generation',
    mode: 'cloud_tasks',
    sample: 2,
    disturb: (lane) =>
      void lane.tasks.faults.add({ on: 'delivery', kind: 'drop', status: 200, times: 1 }),
    steps: [
      'script.due',
      'script.read',
      'task.create',
      'script.override',
      'script.postpone',
      'script.claim',
    ],
    isRecovery: true,
  },
  {
    name: 'flush',
    title: 'Redis forgets an accepted job: rebuilt from its manifest',
    mode: 'cloud_tasks',
    sample: 2,
    disturb: (lane) =>
      void lane.tasks.faults.add({ on: 'delivery', kind: 'delay', ms: HELD_BACK_MS, times: 1 }),
    onAccepted: async ({ lane }) => void (await lane.redis.flushall()),
    forgets: true,
    from: 'script.claim',
    to: 'script.claim',
  },
  {
    name: 'refused',
    title: 'the provider refuses for good: a failure, and the re-upload it invites',
    mode: 'cloud_tasks',
    sample: 2,
    mood: { fails: 'refused', call: 1 },
    mayFail: true,
    from: 'script.begin-ending',
  },
  {
    name: 'cancel',
    title: 'the user takes the job back before it runs',
    mode: 'cloud_tasks',
    sample: 2,
    disturb: (lane) =>
      void lane.tasks.faults.add({ on: 'delivery', kind: 'delay', ms: 3 * HELD_BACK_MS, times: 1 }),
    onAccepted: ({ client, jobId }) => client.cancel(jobId),
    isCancelled: true,
    mayFail: true,
    from: 'script.override',
    to: 'script.settle',
  },
  {
    name: 'delete',
    title: 'the user deletes the conversation that the job became',
    mode: 'cloud_tasks',
    sample: 2,
    onEnded: ({ client }) => client.deleteConversations(),
    from: 'object.create.deletion',
  },
  {
    name: 'again',
    title: 'the same bytes a second time',
    mode: 'cloud_tasks',
    sample: 2,
    hasPrior: true,
  },
  {
    name: 'inline',
    title: 'upload, run, finalize, clean up (in the accepting process)',
    mode: 'inline',
    sample: 2,
    isBrief: true,
  },
  {
    name: 'inline-retry',
    title: 'the provider fails once (in the accepting process)',
    mode: 'inline',
    sample: 2,
    mood: { fails: 'error', call: 2 },
    from: 'script.read',
    to: 'script.keep',
  },
]
