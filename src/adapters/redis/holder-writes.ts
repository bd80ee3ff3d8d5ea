import { MalformedRecordError } from '../../kernel/index.ts'
import type {
  Claim,
  HolderResult,
  JobStore,
  KeepReason,
  KeepResult,
  NextGenerationResult,
  RequeueReason,
  SegmentMark,
} from '../../ports/index.ts'
import { keys } from './keys.ts'
import { replyParts } from './reply.ts'
import type { ScriptName, ScriptRunner } from './script-runner.ts'

type HolderWrites = Pick<
  JobStore,
  'renew' | 'advance' | 'mark' | 'requeue' | 'snooze' | 'continueNext' | 'keep' | 'beginEnding'
>

interface Release {
  readonly operation: 'requeue' | 'snooze' | 'continue'
  readonly attemptSpent: boolean
  readonly nextGeneration: boolean
  readonly waitingFor: string
  readonly dueInMs: number
  readonly reasonCode: string | undefined
  readonly lastError: string
}

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

  const release = async (claim: Claim, r: Release): Promise<NextGenerationResult> => {
    const [kind, generation] = replyParts(
      await scripts.run('release', keys.job(claim.jobId), [
        claim.jobId,
        claim.token,
        r.operation,
        r.attemptSpent ? '1' : '0',
        r.nextGeneration ? '1' : '0',
        r.waitingFor,
        r.dueInMs,
        r.reasonCode ?? '',
        r.lastError,
      ]),
    )
    return kind === 'ok' ? { kind: 'queued', generation: Number(generation) } : { kind: 'lost' }
  }

  const retry = (operation: 'requeue' | 'continue', why: RequeueReason): Release => ({
    operation,
    attemptSpent: why.attemptSpent,
    nextGeneration: operation === 'continue',
    waitingFor: 'retry',
    dueInMs: why.dueInMs,
    reasonCode: why.reasonCode,
    lastError: why.lastError,
  })

  return {
    renew: (claim) => write('renew', claim, claim.leaseMs),
    advance: (claim, p) => write('advance', claim, claim.leaseMs, p.stage, p.totalSegments ?? ''),
    mark: (claim, marks) => write('mark', claim, claim.leaseMs, ...marks.flatMap(encodeMark)),
    beginEnding: (claim, outcome) =>
      write('begin-ending', claim, claim.leaseMs, JSON.stringify(outcome)),
    requeue: async (claim, why) =>
      (await release(claim, retry('requeue', why))).kind === 'queued' ? 'ok' : 'lost',
    continueNext: (claim, why) => release(claim, retry('continue', why)),
    snooze: (claim, why) =>
      release(claim, {
        operation: 'snooze',
        attemptSpent: false,
        nextGeneration: true,
        waitingFor: why.waitingFor,
        dueInMs: why.forMs,
        reasonCode: why.reasonCode,
        lastError: '',
      }),
    keep: (claim, why) => keep(scripts, claim, why),
  }
}

async function keep(scripts: ScriptRunner, claim: Claim, why: KeepReason): Promise<KeepResult> {
  const [kind, epoch, attempt] = replyParts(
    await scripts.run('keep', keys.job(claim.jobId), [
      claim.jobId,
      claim.token,
      claim.leaseMs,
      claim.epoch,
      why.attemptSpent ? '1' : '0',
      why.waitingFor,
      why.dueInMs,
      why.reasonCode ?? '',
      why.lastError,
    ]),
  )
  if (kind === 'lost') return { kind }
  if (kind !== 'kept') throw new MalformedRecordError(`keep answered ${kind}`)
  return { kind, claim: { ...claim, epoch: Number(epoch), attempt: Number(attempt) } }
}

function encodeMark(mark: SegmentMark): [string, string] {
  const letter = mark.verdict.charAt(0)
  return [mark.segmentId, mark.reasonCode ? `${letter}:${mark.reasonCode}` : letter]
}
