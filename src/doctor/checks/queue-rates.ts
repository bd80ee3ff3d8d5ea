import type { QueueFacts, QueueInspector } from '../../ports/index.ts'
import { type Check, createCheck, type Judgement, unless } from '../finding.ts'

/** How much one deployment takes at once. */
export interface ServiceCapacity {
  readonly maxInstances: number
  /** Requests one instance takes at once. */
  readonly concurrency: number
}

/** Share of all request slots that deliveries may hold; the rest is the users' own. */
const MAX_SHARE = 0.7

/** All queues together hold no more requests than the service takes beside its users. */
export function queueRatesCheck(
  inspectors: readonly QueueInspector[],
  capacity: ServiceCapacity,
): Check {
  return createCheck({
    name: 'queue rates',
    must: 'the queues can be looked at',
    mend: 'see the queues themselves',
    inspect: async (signal) =>
      Promise.all(
        inspectors.map(async (each) => ({ inspector: each, facts: await each.describe(signal) })),
      ),
    judge: (queues) => judgeRates(queues, capacity),
  })
}

interface LookedAt {
  readonly inspector: QueueInspector
  readonly facts: QueueFacts | undefined
}

function judgeRates(queues: readonly LookedAt[], capacity: ServiceCapacity): Judgement {
  const known = queues.flatMap(({ inspector, facts }) => (facts ? [{ inspector, facts }] : []))
  const slots = capacity.maxInstances * capacity.concurrency
  const most = Math.floor(slots * MAX_SHARE)
  const held = known.reduce((sum, { facts }) => sum + facts.maxConcurrentDispatches, 0)
  const slow = known.filter(({ facts }) => facts.maxDispatchesPerSecond < 1)
  const names = known.map(({ inspector }) => inspector.queue).join(', ')
  return {
    found: known
      .map(
        ({ inspector, facts }) =>
          `${inspector.queue}: ${facts.maxConcurrentDispatches} at once, ${facts.maxDispatchesPerSecond} a second`,
      )
      .join('; '),
    shortfalls: unless(
      [
        held <= most,
        {
          code: 'queue_concurrency',
          must: `${names} dispatch at most ${most} at once in all: 70 % of ${capacity.maxInstances} instances (SERVICE_MAX_INSTANCES) of ${capacity.concurrency} requests (SERVICE_CONCURRENCY). Past it the platform answers 429, which slows the whole queue`,
          mend: 'terraform apply, or gcloud tasks queues update --max-concurrent-dispatches; or set the two variables to what the service has',
        },
      ],
      [
        slow.length === 0,
        {
          code: 'queue_rate',
          must: 'every queue dispatches one a second or more: else a few uploads at once wait for minutes',
          mend: `terraform apply, or gcloud tasks queues update ${slow.map(({ inspector }) => inspector.queue).join(' ')} --max-dispatches-per-second=50`,
        },
      ],
    ),
  }
}
