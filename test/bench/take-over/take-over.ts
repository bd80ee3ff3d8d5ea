import { atMost, type BenchContext, type BenchReport } from '../bench.ts'
import { median } from '../statistics.ts'
import { startBullmqRace } from './bullmq-race.ts'
import { startOurRace } from './our-race.ts'

const JOBS = 10
const GOAL_SECONDS = 20
const GOAL_OF_BULLMQ = 0.5
/** The queue's shortest backoff: nobody is called sooner. */
const FLOOR_SECONDS = 18

/** G8: both sides lose their worker at the same instant, with every phase of their timers met. */
export async function runTakeOver(context: BenchContext): Promise<BenchReport> {
  context.say(`two stacks start, ${JOBS} jobs each; this takes about two minutes`)
  await using ours = await startOurRace(context, JOBS)
  await using theirs = await startBullmqRace(context, JOBS)
  await Promise.all([ours.underWay(), theirs.underWay()])
  context.say('all jobs are under way: kill -9')
  ours.kill()
  theirs.kill()
  const [ourMs, theirMs] = await Promise.all([ours.takeOvers(), theirs.takeOvers()])
  const faults = [...(await ours.faults()), ...(await theirs.faults())]
  if (faults.length > 0) throw new Error(`an effect came twice or not at all: ${faults.join('; ')}`)
  const inSeconds = (ms: readonly number[]) => ms.map((one) => one / 1_000)
  const [ourS, theirS] = [inSeconds(ourMs), inSeconds(theirMs)]
  return {
    measures: [
      {
        what: 'death to next claim',
        unit: 's',
        reference: 'BullMQ',
        contestants: [
          { name: 'sync-dispatcher', role: 'ours', samples: ourS },
          { name: 'BullMQ', role: 'peer', samples: theirS },
          { name: "the queue's first backoff", role: 'floor', samples: [FLOOR_SECONDS] },
        ],
      },
    ],
    goals: [
      atMost(`median of ours <= ${GOAL_SECONDS} s`, median(ourS), GOAL_SECONDS),
      atMost(
        `median of ours <= ${GOAL_OF_BULLMQ} x BullMQ's`,
        median(ourS) / median(theirS),
        GOAL_OF_BULLMQ,
      ),
    ],
    notes: [
      'Ours: the service as started by hand, real Redis, GCS and Cloud Tasks servers over HTTP and gRPC,',
      'queue and claims as by default; the killed process has a segment of every job in transcription.',
      `No effect came twice: ${JOBS * 2} segments, each on its timeline once, none landed before the`,
      'kill transcribed again.',
      'BullMQ: two worker processes with its defaults; the one with the active jobs is killed.',
    ],
  }
}
