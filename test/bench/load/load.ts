import { setTimeout as delay } from 'node:timers/promises'
import { until } from '../../support/until.ts'
import type { Answer, LoadSample } from './messages.ts'
import { type LoadStackOptions, startLoadStack } from './stack.ts'

export interface LoadPlan {
  /** Jobs in speech-to-text at once. */
  readonly deliveries: number
  /** Slow phones at once. */
  readonly uploads: number
  readonly uploadBytes: number
  /** How long a slow phone sends. */
  readonly overMs: number
  readonly pollsPerSecond: number
  readonly speechMs: number
  readonly idleMs: number
  readonly settings: Readonly<Record<string, string>>
  readonly concurrentDispatches: number
}

export interface Phase {
  readonly name: 'idle' | 'load' | 'after'
  readonly fromMs: number
  readonly toMs: number
}

export interface LoadReport {
  readonly samples: readonly LoadSample[]
  readonly phases: readonly Phase[]
  /** How often each answer was given: `202`, `503 capacity`. */
  readonly uploads: Readonly<Record<string, number>>
  readonly polls: Readonly<Record<string, number>>
  readonly deliveries: Readonly<Record<number, number>>
  /** Whole seconds, of refused uploads. */
  readonly retryAfterS: readonly number[]
  readonly pollMs: readonly number[]
  readonly jobs: number
  readonly attempts: number
  readonly renewals: number
  readonly claimsLost: number
  /** Until an upload is taken again once the load is over; 0 when none was ever refused. */
  readonly normalAfterMs: number
}

/** A delivery that was refused comes back by the queue's backoff: 18 s, doubled four times, 270 s in all. */
const ALL_DONE_WITHIN_MS = 420_000
const POLLED_JOBS = 50

/** Idle, then everything at once, then until the queue is empty and uploads are taken again. */
export async function runLoad(
  plan: LoadPlan,
  parts: Pick<LoadStackOptions, 'folder' | 'redis' | 'environment' | 'clock' | 'bundle'>,
  say: (line: string) => void,
): Promise<LoadReport> {
  await using stack = await startLoadStack({ ...parts, ...plan })
  const { clock } = parts
  const phases: Phase[] = []
  let fromMs = clock.now()
  const endPhase = (name: Phase['name']) => {
    phases.push({ name, fromMs, toMs: clock.now() })
    fromMs = clock.now()
  }
  await delay(plan.idleMs)
  endPhase('idle')
  say(
    `${plan.deliveries} deliveries, ${plan.uploads} slow uploads, ${plan.pollsPerSecond} polls a second`,
  )
  const spoken = await stack.ask({
    ...{ kind: 'uploads', name: 'talker', speech: true, count: plan.deliveries },
    ...{ bytes: 0, overMs: 100, spreadMs: plan.overMs / 20 },
  })
  const [slowly, polls] = await Promise.all([
    stack.ask({
      ...{ kind: 'uploads', name: 'slow', speech: false, count: plan.uploads },
      ...{ bytes: plan.uploadBytes, overMs: plan.overMs, spreadMs: plan.overMs / 20 },
    }),
    stack.ask({
      kind: 'polls',
      jobIds: jobsOf(spoken).slice(0, POLLED_JOBS),
      perSecond: plan.pollsPerSecond,
      forMs: plan.overMs,
    }),
  ])
  endPhase('load')
  const refused = [...slowly, ...spoken].filter(({ status }) => status === 503)
  const endedMs = clock.monotonicMs()
  const again = refused.length === 0 ? [] : await uploadUntilTaken(stack)
  const normalAfterMs = refused.length === 0 ? 0 : clock.monotonicMs() - endedMs
  say('the load is over; the queue drains')
  await until('the queue is empty', () => stack.tasksLeft() === 0, ALL_DONE_WITHIN_MS)
  endPhase('after')
  const last = stack.samples.at(-1)
  const uploads = [...slowly, ...spoken, ...again]
  return {
    samples: [...stack.samples],
    phases,
    uploads: tally(uploads),
    polls: tally(polls),
    deliveries: { ...stack.deliveries },
    retryAfterS: refused.flatMap(({ retryAfterS }) =>
      retryAfterS === undefined ? [] : [retryAfterS],
    ),
    pollMs: polls.map(({ ms }) => ms).sort((a, b) => a - b),
    jobs: jobsOf(uploads).length,
    attempts: last?.attempts ?? 0,
    renewals: last?.renewals ?? 0,
    claimsLost: last?.claimsLost ?? 0,
    normalAfterMs,
  }
}

async function uploadUntilTaken(stack: Awaited<ReturnType<typeof startLoadStack>>) {
  for (let tries = 0; ; tries += 1) {
    const [answer] = await stack.ask({
      ...{ kind: 'uploads', name: `again-${tries}`, speech: false, count: 1 },
      ...{ bytes: 3_200, overMs: 20, spreadMs: 0 },
    })
    if (answer?.status === 202) return [answer]
  }
}

/** `user=job`, as the generator takes them. */
function jobsOf(answers: readonly Answer[]): string[] {
  return answers.flatMap(({ user, jobId }) => (jobId === undefined ? [] : [`${user}=${jobId}`]))
}

function tally(answers: readonly Answer[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { status, code } of answers) {
    const key = code === undefined ? String(status) : `${status} ${code}`
    counts[key] = (counts[key] ?? 0) + 1
  }
  return counts
}
