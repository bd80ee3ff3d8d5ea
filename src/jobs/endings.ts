import { type Archive, followOutcome } from '../durable/index.ts'
import {
  type JobId,
  type JobRecord,
  MalformedRecordError,
  type Manifest,
  type Outcome,
  type OutcomeObject,
  owesEnrichment,
  REASONS,
  type ReasonCode,
  SCHEMA_VERSION,
  UnavailableError,
} from '../kernel/index.ts'
import type { Clock, ConversationStore, JobStore, Seen } from '../ports/index.ts'
import type { Events } from '../telemetry/index.ts'
import { composeOutcome, type EndReason } from './compose-outcome.ts'
import type { HeldClaim } from './held-claim.ts'
import { takeStock } from './stock.ts'

export interface EndingDeps {
  readonly store: JobStore
  readonly archive: Archive
  readonly conversations: ConversationStore
  readonly clock: Clock
  readonly events: Events
  readonly failureThreshold: number
  /** Begins what follows the end of a job; absent where nothing does. */
  readonly secondStage?: SecondStage | undefined
}

/** What an ended job still owes its conversations. Safe to repeat; a job that owes nothing is left alone. */
export interface SecondStage {
  begin(jobId: JobId, owed?: OwedSummaries): Promise<void>
}

/** What is known of a job that was just ended with conversations, their summaries noted as pending. */
export type OwedSummaries = Pick<JobRecord, 'uidHash' | 'lane'> & { readonly outcome: Outcome }

/** What an outcome object says of its job besides the outcome. */
export type JobFacts = Pick<JobRecord, 'jobId' | 'uidHash' | 'contentId' | 'lane' | 'totalFiles'>

/** How a job came to its end under its holder. */
export interface HeldEnd {
  readonly outcome: Outcome
  readonly isSettled: boolean
  /** Another job of the user may be waiting for the slot. */
  readonly isSlotWanted: boolean
}

/**
 * How jobs end. Order: frozen result, durable outcome, then terminal record, blobs, manifest, due index.
 * Where nothing but blobs and manifest is owed these go first, and the record is terminal and settled in
 * one step: the outcome is durable by then, and whoever goes on after a crash ends it by that (I11, F40).
 */
export interface Endings {
  /** By the claim's holder, its clean-up included; one that fails stays owed. @throws LeaseLostError */
  endHeld(held: HeldClaim, manifest: Manifest, why: EndReason): Promise<HeldEnd>
  /** By whoever holds no claim; `raced` when the job moved since it was seen. */
  endSeen(manifest: Manifest, seen: Seen, why: EndReason): Promise<Outcome | 'raced'>
  /** The manifest is gone and no outcome was written: the end the record alone can vouch for. */
  endWithoutManifest(held: HeldClaim, record: JobRecord): Promise<Outcome>
  /** The same by whoever holds no claim; `sync_staged_audio_expired` unless another cause is named. */
  endSeenWithoutManifest(record: JobRecord, reasonCode?: ReasonCode): Promise<Outcome | 'raced'>
  /** Brings a frozen result to its end; safe to repeat by anyone. */
  complete(job: JobFacts, frozen: Outcome): Promise<Outcome>
  /** Blobs, manifest, second stage, due index: what a terminal job may still owe (I11). */
  settle(jobId: JobId, manifest: Manifest | undefined): Promise<void>
}

export function createEndings(deps: EndingDeps): Endings {
  const { store, archive, clock, events } = deps

  const compose = async (manifest: Manifest, why: EndReason) => {
    const marks = why.marks ?? (await store.marks(manifest.jobId))
    const stock = await takeStock(deps, manifest, marks)
    return composeOutcome(deps, { manifest, stock, endedAt: clock.now() }, why)
  }

  const makeDurable = async (job: JobFacts, frozen: Outcome) => {
    const { value } = await archive.createOutcome(outcomeObject(job, frozen))
    return 'sameAs' in value ? outcomeOfTwin(archive, value) : value.outcome
  }
  const finalize = async (job: JobFacts, outcome: Outcome, isSettled: boolean) => {
    const { jobId, uidHash } = job
    const done = await store.finalize(jobId, outcome, { isSettled })
    const { status, segments: counts, reasonCode } = outcome
    events.jobFinalized({ jobId, uidHash, status, counts, reasonCode })
    return done.kind === 'missing' || done.isSlotWanted
  }
  const complete = async (job: JobFacts, frozen: Outcome) => {
    const outcome = await makeDurable(job, frozen)
    await finalize(job, outcome, false)
    return outcome
  }
  const settle = async (jobId: JobId, manifest: Manifest | undefined, owed?: OwedSummaries) => {
    if (manifest) await archive.deleteStaging(manifest)
    // Before the job leaves the due index: a crash here is met again (I1).
    await deps.secondStage?.begin(jobId, owed)
    await store.settle(jobId)
    events.jobSettled({ jobId })
  }

  return {
    complete,
    endHeld: async (held, manifest, why) => {
      await held.trusted()
      const frozen = await compose(manifest, why)
      await held.write((claim) => store.beginEnding(claim, frozen))
      const [job, { jobId }] = [factsOf(manifest), manifest]
      const outcome = await makeDurable(job, frozen)
      if (deps.secondStage && owesEnrichment(outcome)) {
        const isSlotWanted = await finalize(job, outcome, false)
        const owed = { ...manifest, outcome }
        return { outcome, isSettled: await succeeds(settle(jobId, manifest, owed)), isSlotWanted }
      }
      const isSettled = await succeeds(archive.deleteStaging(manifest))
      const isSlotWanted = await finalize(job, outcome, isSettled)
      if (isSettled) events.jobSettled({ jobId })
      return { outcome, isSettled, isSlotWanted }
    },
    endWithoutManifest: async (held, record) => {
      const outcome = expiredOutcome(record, clock.now())
      await held.write((claim) => store.beginEnding(claim, outcome))
      return complete(record, outcome)
    },
    endSeenWithoutManifest: async (record, reasonCode) => {
      const outcome = expiredOutcome(record, clock.now(), reasonCode)
      const answer = await store.overrideEnding(record.jobId, record, outcome)
      return answer.kind === 'done' ? complete(record, outcome) : 'raced'
    },
    endSeen: async (manifest, seen, why) => {
      const outcome = await compose(manifest, why)
      const answer = await store.overrideEnding(manifest.jobId, seen, outcome)
      return answer.kind === 'done' ? complete(factsOf(manifest), outcome) : 'raced'
    },
    settle: (jobId, manifest) => settle(jobId, manifest),
  }
}

/** A clean-up that fails is owed, and recovery finds it in the due index. */
function succeeds(work: Promise<void>): Promise<boolean> {
  return work.then(
    () => true,
    () => false,
  )
}

function factsOf(manifest: Manifest): JobFacts {
  const { jobId, uidHash, contentId, lane, files } = manifest
  return { jobId, uidHash, contentId, lane, totalFiles: files.length }
}

function outcomeObject(job: JobFacts, outcome: Outcome): OutcomeObject {
  const { jobId, uidHash, contentId, lane, totalFiles } = job
  return { schemaVersion: SCHEMA_VERSION, jobId, uidHash, contentId, lane, totalFiles, outcome }
}

/** Files that nobody can read count as failed, whatever was planned of them. */
function expiredOutcome(
  record: JobRecord,
  endedAt: number,
  reasonCode: ReasonCode = 'sync_staged_audio_expired',
): Outcome {
  const { total, successful, silent } = record.segments
  const landed = successful + silent
  const lost = total === 0 ? record.totalFiles : Math.max(total - landed, 0)
  return {
    status: 'failed',
    segments: { total: landed + lost, successful, silent, failed: lost },
    newMemories: [],
    updatedMemories: [],
    errors: [REASONS[reasonCode].meaning],
    error: REASONS[reasonCode].meaning,
    reasonCode,
    endedAt,
  }
}

/** The job lost its content to a twin while Redis was empty: its end is the twin's. */
async function outcomeOfTwin(
  archive: Archive,
  { uidHash, sameAs }: Extract<OutcomeObject, { sameAs: JobId }>,
): Promise<Outcome> {
  const end = await followOutcome(archive, uidHash, sameAs)
  if (end.kind === 'ended') return end.object.outcome
  if (end.kind === 'void') throw new MalformedRecordError(`the twins of ${sameAs} go round`)
  throw new UnavailableError(`the outcome of ${end.jobId} is not there yet`, { party: 'gcs' })
}
