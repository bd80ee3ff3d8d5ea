import { jobIdSchema, MalformedRecordError, SCHEMA_VERSION } from '../../kernel/index.ts'
import type { Claim, ClaimResult, JobStore } from '../../ports/index.ts'
import { keys } from './keys.ts'
import { parseLedger } from './ledger.ts'
import { replyParts, splitReply } from './reply.ts'
import type { ScriptRunner } from './script-runner.ts'

/** How a job comes to be, and how a delivery takes it. */
export function createClaims(scripts: ScriptRunner): Pick<JobStore, 'create' | 'claim'> {
  return {
    create: async (job) => {
      const [kind, ...rest] = replyParts(
        await scripts.run('create', keys.job(job.jobId), [
          job.jobId,
          job.uid,
          job.uidHash,
          job.contentId,
          job.lane,
          job.dispatchMode,
          job.byok ? '1' : '0',
          job.totalFiles,
          job.createdAt,
          job.capturedAt,
          job.dueInMs,
          job.claim?.token ?? '',
          job.claim?.leaseMs ?? 0,
          job.voidHolder ?? '',
          job.key?.keyId ?? '',
          job.key?.keptMs ?? 0,
          job.schemaVersion,
          job.rebuiltFrom ?? '',
        ]),
      )
      if (kind === 'held') return { kind, jobId: jobIdSchema.parse(rest[0]) }
      if (kind === 'reused') return { kind }
      if (kind !== 'created') throw new MalformedRecordError(`create answered ${kind}`)
      if (!job.claim || rest.length === 0) return { kind }
      const { token, leaseMs } = job.claim
      return { kind, claim: { jobId: job.jobId, token, leaseMs, ...grant(rest) } }
    },
    claim: async (request) => {
      const { jobId, token, leaseMs } = request
      const reply = await scripts.run('claim', keys.job(jobId), [
        jobId,
        request.generation,
        token,
        leaseMs,
        request.userSlots,
        request.slotSnoozeMs,
        SCHEMA_VERSION,
      ])
      return readAnswer({ jobId, token, leaseMs }, reply)
    },
  }
}

function readAnswer(
  asked: Pick<Claim, 'jobId' | 'token' | 'leaseMs'>,
  reply: unknown,
): ClaimResult {
  const { parts, tail } = splitReply(reply)
  const [kind, ...rest] = parts
  switch (kind) {
    case 'missing':
    case 'terminal':
    case 'ending':
      return { kind }
    case 'newer_schema':
      return { kind, version: Number(rest[0]) }
    case 'stale_generation':
      return { kind, generation: Number(rest[0]) }
    case 'locked':
      return { kind, leaseUntil: Number(rest[0]) }
    case 'no_slot':
      return { kind, generation: Number(rest[0]), retryAt: Number(rest[1]) }
    case 'claimed':
      return { kind, claim: { ...asked, ...grant(rest) }, ledger: parseLedger(tail) }
    default:
      throw new MalformedRecordError(`claim answered ${kind}`)
  }
}

function grant(
  parts: readonly (string | number)[],
): Pick<Claim, 'epoch' | 'generation' | 'attempt'> {
  const [epoch, generation, attempt] = parts
  return { epoch: Number(epoch), generation: Number(generation), attempt: Number(attempt) }
}
