import { jobIdSchema, laneSchema, MalformedRecordError } from '../../kernel/index.ts'
import type { Claim, FlightNote, HolderResult, JobStore, SegmentMark } from '../../ports/index.ts'
import { keys } from './keys.ts'
import { replyParts } from './reply.ts'
import type { ScriptName, ScriptRunner } from './script-runner.ts'

type HolderWrites = Pick<JobStore, 'renew' | 'mark' | 'beginEnding' | 'wakeWaiter'>

/** Writes that name the claim's token; the store demands equality. */
export function createHolderWrites(scripts: ScriptRunner): HolderWrites {
  const write = async (
    name: ScriptName,
    claim: Claim,
    ...args: readonly (string | number)[]
  ): Promise<HolderResult> => {
    const [kind] = replyParts(
      await scripts.run(name, keys.job(claim.jobId), [claim.jobId, claim.token, ...args]),
    )
    if (kind !== 'ok' && kind !== 'lost') throw new MalformedRecordError(`${name} answered ${kind}`)
    return kind
  }

  return {
    renew: (claim) => write('renew', claim, claim.leaseMs),
    mark: (claim, marks, { progress, flight } = {}) =>
      write(
        'mark',
        claim,
        progress?.stage ?? '',
        progress?.totalSegments ?? '',
        ...encodeFlight(flight),
        ...marks.flatMap(encodeMark),
      ),
    beginEnding: (claim, outcome) => write('begin-ending', claim, JSON.stringify(outcome)),
    wakeWaiter: async (claim, uidHash, dueInMs) => {
      const [kind, jobId, generation, lane] = replyParts(
        await scripts.run('wake', keys.job(claim.jobId), [
          claim.jobId,
          claim.token,
          uidHash,
          dueInMs,
        ]),
      )
      if (kind === 'none') return undefined
      return {
        jobId: jobIdSchema.parse(jobId),
        generation: Number(generation),
        lane: laneSchema.parse(lane),
      }
    },
  }
}

/** No units are told apart from no note: an empty note says that nothing is in flight. */
function encodeFlight(flight: FlightNote | undefined): [string, string] {
  if (!flight) return ['', '']
  const units = flight.units.join(' ') || '-'
  return [flight.alone ? `!${units}` : units, flight.acquitted.join(' ')]
}

function encodeMark(mark: SegmentMark): [string, string] {
  const letter = mark.verdict.charAt(0)
  return [mark.segmentId, mark.reasonCode ? `${letter}:${mark.reasonCode}` : letter]
}
