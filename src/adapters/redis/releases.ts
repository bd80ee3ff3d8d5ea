import { MalformedRecordError } from '../../kernel/index.ts'
import type {
  Claim,
  JobStore,
  KeepReason,
  KeepResult,
  NextGenerationResult,
  RequeueReason,
} from '../../ports/index.ts'
import { keys } from './keys.ts'
import { parseLedger } from './ledger.ts'
import { replyParts, splitReply } from './reply.ts'
import type { ScriptRunner } from './script-runner.ts'

interface Release {
  readonly operation: 'requeue' | 'snooze' | 'continue'
  readonly attemptSpent: boolean
  readonly nextGeneration: boolean
  readonly waitingFor: string
  readonly dueInMs: number
  readonly reasonCode: string | undefined
  readonly lastError: string
}

/** How a holder gives its job back unfinished. */
export function createReleases(
  scripts: ScriptRunner,
): Pick<JobStore, 'requeue' | 'snooze' | 'continueNext' | 'keep'> {
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
  const { parts, tail } = splitReply(
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
  const [kind, epoch, attempt] = parts
  if (kind === 'lost') return { kind }
  if (kind !== 'kept') throw new MalformedRecordError(`keep answered ${kind}`)
  const kept = { ...claim, epoch: Number(epoch), attempt: Number(attempt) }
  return { kind, claim: kept, ledger: parseLedger(tail) }
}
