import type { JobEvent } from './answers.ts'

/** A stretch of a job's life. A claimed one is an attempt; `end` says what ended it. */
export interface Phase {
  readonly kind: 'waiting' | 'running'
  readonly fromAt: number
  readonly toAt: number
  /** Of a running one, from 1. */
  readonly attempt?: number
  readonly end: 'open' | 'claimed' | 'released' | 'died' | 'overridden' | 'ended'
  readonly reason?: string
}

/** A line with its instant, epoch ms. */
export interface TimedEvent {
  readonly atMs: number
  readonly event: JobEvent
}

type Open = Omit<Phase, 'toAt' | 'end'>

const WORK = ['stage', 'segments', 'ending']
const RELEASES = ['requeue', 'snooze', 'continue', 'kept']

/**
 * Reads attempts and waits off a timeline. A death writes no line of its own: the next claim tells of
 * it, or recovery's override does.
 * @param untilAt where the last phase ends while the job lives, epoch ms
 */
export function phasesOf(events: readonly TimedEvent[], untilAt: number): Phase[] {
  const phases: Phase[] = []
  let open: Open | undefined
  let attempts = 0
  const close = (toAt: number, end: Phase['end'], reason?: string) => {
    if (open) phases.push({ ...open, toAt, end, ...(reason ? { reason } : {}) })
    open = undefined
  }
  const begin = ({ event, atMs }: TimedEvent, kind: Phase['kind']) => {
    if (kind === 'running') attempts = Number(event['attempt'] ?? attempts + 1)
    open = { kind, fromAt: atMs, ...(kind === 'running' ? { attempt: attempts } : {}) }
  }
  for (const timed of events) {
    const { event, atMs: at } = timed
    const { name } = event
    const reason = event['reason'] || event['waiting_for']
    const isRunning = open?.kind === 'running'
    if (name === 'created') begin(timed, 'waiting')
    else if (name === 'claimed') {
      close(at, isRunning ? 'died' : 'claimed')
      begin(timed, 'running')
    } else if (WORK.includes(name) && open?.kind === 'waiting') {
      // Born held, or kept by its holder: nobody claimed it.
      const { fromAt } = open
      close(at, 'claimed')
      if (at - fromAt < 50) phases.pop()
      begin(timed, 'running')
    } else if (name === 'snoozed' && isRunning) {
      // Claimed again after a death, and no slot was free.
      close(at, 'died')
      begin(timed, 'waiting')
    } else if (RELEASES.includes(name)) {
      close(at, 'released', reason)
      begin(timed, 'waiting')
    } else if (name === 'override') {
      close(at, overrideEnd(event, isRunning), reason)
      if (event['operation'] === 'generation') begin(timed, 'waiting')
    } else if (name === 'finalized') close(at, 'ended', reason)
  }
  close(untilAt, 'open')
  return phases
}

/** Recovery gives a job to another only when its holder is dead; a person needs no such reason. */
function overrideEnd(event: JobEvent, isRunning: boolean): Phase['end'] {
  if (!isRunning) return 'claimed'
  return event['operation'] === 'generation' && event['reason'] ? 'died' : 'overridden'
}
