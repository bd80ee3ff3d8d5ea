import { setTimeout as delay } from 'node:timers/promises'
import { describeError, inParallel } from '../../src/kernel/index.ts'
import { seededRandom } from '../support/audio.ts'
import { auditSoak, becomeWhole } from './audit.ts'
import { createBatches } from './batches.ts'
import { queueFaults, speechFaults, storeFaults } from './faults.ts'
import { PACES } from './paces.ts'
import { reportSoak, type SoakReport } from './report.ts'
import { type Journey, sendBatch } from './send-batch.ts'
import type { SoakOptions } from './soak-options.ts'
import { type SoakStack, startSoakStack } from './soak-stack.ts'

/** A user sends this many batches, one after the other or side by side. */
const BATCHES_A_USER = 4
/** One stream of random numbers for each use, so that they do not shift one another. */
const STREAMS = { plan: 1, calls: 2, kills: 3 } as const

/** Uploads under faults and kills, followed to their ends and held to the invariants. */
export async function runSoak(
  options: SoakOptions,
  onReport: (report: SoakReport) => void = () => undefined,
): Promise<SoakReport> {
  const startedMs = performance.now()
  const pace = PACES[options.pace]
  const faults: string[] = []
  const onFault = (fault: string) => {
    faults.push(fault)
    options.onFault?.(fault)
  }
  const random = (stream: number) => seededRandom(options.seed * 10 + stream)
  await using stack = await startSoakStack({
    ...options,
    pace,
    random: random(STREAMS.calls),
    onFailure: onFault,
  })
  const deps = { api: stack.api, pace, now: () => stack.clock.now(), onFault }
  const chaos = startChaos(stack, options, random(STREAMS.kills))
  const batches = await createBatches({
    users: Math.max(1, Math.ceil(options.uploads / BATCHES_A_USER)),
    random: random(STREAMS.plan),
    nowMs: stack.clock.now(),
  })
  const journeys: Journey[] = []
  let begun = 0
  const tell = () =>
    options.onProgress?.({
      begun,
      ended: journeys.length,
      kills: chaos.kills(),
      faults: faults.length,
    })
  const numbers = Array.from({ length: options.uploads }, (_, number) => number)
  await inParallel(numbers, options.parallel, async (number) => {
    if (options.signal?.aborted) return
    begun += 1
    tell()
    try {
      journeys.push(await sendBatch(deps, batches.make(number)))
    } catch (error) {
      onFault(`batch ${number}: ${describeError(error)}`)
    }
    tell()
  })
  const endedMs = performance.now()
  await becomeWhole(stack, pace.wholeWithinMs).catch((error) => onFault(describeError(error)))
  const faultsStruck = await chaos.stop()
  const audit = await auditSoak(stack, deps, journeys)
  faults.push(...audit.faults)
  const report = await reportSoak(options, stack, journeys, {
    ...audit,
    faults,
    faultsStruck,
    kills: chaos.kills(),
    seconds: (performance.now() - startedMs) / 1_000,
    secondsUntilTerminal: (endedMs - startedMs) / 1_000,
  })
  // Read and told before anything is closed: it asks the stack for what happened.
  onReport(report)
  return report
}

/** Arms every fault and kills a process every so often, until it is stopped and says what struck. */
function startChaos(
  { gcs, tasks, speech, fleet }: SoakStack,
  { faultShare, killEveryMs }: SoakOptions,
  random: () => number,
) {
  if (faultShare > 0) {
    for (const rule of storeFaults(faultShare)) gcs.faults.add(rule)
    for (const fault of queueFaults(faultShare)) tasks.faults.add(fault)
    speech.faults.add(...speechFaults(faultShare, random))
  }
  const stopping = new AbortController()
  let kills = 0
  const killing = (async () => {
    while (killEveryMs > 0 && !stopping.signal.aborted) {
      await delay(killEveryMs, undefined, { signal: stopping.signal }).catch(() => undefined)
      if (!stopping.signal.aborted && fleet.killOne(random)) kills += 1
    }
  })()
  return {
    kills: () => kills,
    stop: async () => {
      stopping.abort()
      await killing
      const store = gcs.faults.list().reduce((sum, { hits }) => sum + hits, 0)
      const provider = speech.calls.filter(({ what }) => what === 'failed').length
      gcs.faults.clear()
      tasks.faults.clear()
      speech.faults.clear()
      return { store, provider, ...tasks.stats.faults }
    },
  }
}
