import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  atMost,
  type BenchContext,
  type BenchReport,
  type Contestant,
  type Measure,
} from '../bench.ts'
import { type LoadPlan, type LoadReport, runLoad } from './load.ts'
import { BEYOND, WITHIN } from './plans.ts'
import { plotLoad } from './plot-load.ts'
import { answersOf, ofPhase } from './print-load.ts'
import { bundleService } from './stack.ts'

const PLOTS = new URL('./plots/', import.meta.url)
const LOOP_MS = 50
const NORMAL_WITHIN_S = 5

/** G18: one instance within its limits, and with twice of what it may take. */
export async function runLoadBench(context: BenchContext): Promise<BenchReport> {
  context.say('building')
  const bundle = await bundleService(join(context.folder, 'dist'))
  const play = async (name: string, title: string, plan: LoadPlan) => {
    const folder = join(context.folder, name)
    const report = await runLoad(plan, { ...context, folder, bundle }, context.say)
    if (context.drawsPlots) {
      await mkdir(PLOTS, { recursive: true })
      await writeFile(new URL(`${name}.svg`, PLOTS), await plotLoad(title, report))
    }
    return report
  }
  const within = await play(
    'within',
    '200 slow uploads, 1,000 polls a second, 50 deliveries',
    WITHIN,
  )
  const beyond = await play('beyond', 'Twice the uploads and deliveries that are allowed', BEYOND)
  const load = within.phases.find(({ name }) => name === 'load')
  return {
    measures: [
      ...measuresOf('within its limits', within),
      ...measuresOf('beyond its limits', beyond),
    ],
    goals: [
      atMost(
        `event loop late, p99 <= ${LOOP_MS} ms`,
        load ? ofPhase(within, load).loopP99Ms : 0,
        LOOP_MS,
      ),
      atMost('claims lost: 0', within.claimsLost + beyond.claimsLost, 0),
      atMost('uploads and polls not answered as wanted: 0', unwanted(within), 0),
      atMost('shed without its code and time, beyond: 0', codeless(beyond), 0),
      atMost(
        `an upload is taken again within ${NORMAL_WITHIN_S} s`,
        beyond.normalAfterMs / 1_000,
        NORMAL_WITHIN_S,
      ),
    ],
    notes: [
      'One service process, the bundle of a deployment, with real Redis, GCS and Cloud Tasks servers, default leases, phones in another.',
      'The service goes first on its cores, its threads and the parties behind; others here do not know that.',
      `Within: ${answersOf(within)}.`,
      `Beyond: ${answersOf(beyond)}.`,
    ],
  }
}

function measuresOf(how: string, report: LoadReport): Measure[] {
  const measure = (what: string, unit: string, of: keyof ReturnType<typeof ofPhase>): Measure => ({
    what: `${what}, ${how}`,
    unit,
    reference: 'idle',
    contestants: report.phases.map((phase): Contestant => {
      const role = phase.name === 'idle' ? 'floor' : 'ours'
      return { name: phase.name, role, samples: [ofPhase(report, phase)[of]] }
    }),
  })
  return [
    measure('RSS, most', 'MB', 'rssMb'),
    measure('external memory, most', 'MB', 'externalMb'),
    measure('event loop late, p99', 'ms', 'loopP99Ms'),
    measure('   of it by its own work, p99', 'ms', 'ownP99Ms'),
  ]
}

function unwanted({ uploads, polls }: LoadReport): number {
  const others = (counts: Readonly<Record<string, number>>, wanted: string) =>
    Object.entries(counts).reduce((sum, [answer, n]) => (answer === wanted ? sum : sum + n), 0)
  return others(uploads, '202') + others(polls, '200')
}

/** Uploads that were neither taken nor told why and when to come again. */
function codeless({ uploads, retryAfterS }: LoadReport): number {
  const all = Object.values(uploads).reduce((sum, count) => sum + count, 0)
  return all - (uploads['202'] ?? 0) - Math.min(uploads['503 capacity'] ?? 0, retryAfterS.length)
}
