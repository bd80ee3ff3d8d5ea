import {
  type JobId,
  objectNames,
  type SegmentId,
  segmentIdSchema,
  type UidHash,
} from '../../../src/kernel/index.ts'
import type { LawContent } from './sounds.ts'

/** One claim that one process was granted, for as long as that process may act on it. */
interface Run {
  readonly jobId: JobId
  readonly process: number
  readonly startedTick: number
  /** No other run of its process looks for transcripts meanwhile. */
  isAlone: boolean
}

/** What has truly happened, as the parties of the world saw it. A tick is one effect. */
export interface Ledger {
  tick: number
  readonly uidHash: UidHash
  /** Job to the content it was staged for. */
  readonly contents: Map<JobId, LawContent>
  /** Jobs that some client was told of. */
  readonly accepted: Set<JobId>
  /** Objects that exist now. */
  readonly names: Set<string>
  readonly runs: Set<Run>
  readonly claims: Map<JobId, number>
  readonly claimsSinceLanding: Map<JobId, number>
  /** When, where and for which job (where that is plain) a transcript object was made, by its name. */
  readonly transcripts: Map<
    string,
    { readonly tick: number; readonly process: number; readonly jobId: JobId | undefined }
  >
  /** Tick of a process's last look for a transcript, by process and name. */
  readonly looks: Map<string, number>
  providerCalls: number
  /** What the provider said, which is evidence for a failure. */
  readonly refusedSegments: Set<SegmentId>
  isMisconfigured: boolean
  /** Jobs whose audio or manifest the bucket's own rules took away. */
  readonly expired: Set<JobId>
  /** Two holders may have been at work at once: a clock jumped, a process froze, Redis forgot. */
  isFencingLoose: boolean
  /** Ended, forgotten, and brought back by somebody who has not seen its end yet. */
  readonly returned: Set<JobId>
  /** Contents whose user asked to cancel a job of theirs, whether or not it came about. */
  readonly cancelled: Set<LawContent>
  /** Contents that were sent under an idempotency key. */
  readonly keys: Map<number, Set<LawContent>>
  /** The store forgot its records since they were written. */
  readonly flushed: Set<JobId>
  readonly violations: string[]
}

export function openLedger(uidHash: UidHash): Ledger {
  return {
    tick: 0,
    uidHash,
    contents: new Map(),
    accepted: new Set(),
    names: new Set(),
    runs: new Set(),
    claims: new Map(),
    claimsSinceLanding: new Map(),
    transcripts: new Map(),
    looks: new Map(),
    providerCalls: 0,
    refusedSegments: new Set(),
    isMisconfigured: false,
    expired: new Set(),
    isFencingLoose: false,
    returned: new Set(),
    cancelled: new Set(),
    keys: new Map(),
    flushed: new Set(),
    violations: [],
  }
}

/** Whether its user asked to cancel it, under its own name or its twin's. */
export function isCancelled({ contents, cancelled }: Ledger, jobId: JobId): boolean {
  const content = contents.get(jobId)
  return content !== undefined && cancelled.has(content)
}

export function noteClaim(ledger: Ledger, jobId: JobId, process: number): void {
  const others = [...ledger.runs].filter((run) => run.process === process)
  for (const other of others) other.isAlone = false
  const isAlone = others.length === 0
  ledger.runs.add({ jobId, process, startedTick: ledger.tick, isAlone })
  ledger.claims.set(jobId, (ledger.claims.get(jobId) ?? 0) + 1)
  ledger.claimsSinceLanding.set(jobId, (ledger.claimsSinceLanding.get(jobId) ?? 0) + 1)
}

export function noteRunOver(ledger: Ledger, jobId: JobId, process: number): void {
  for (const run of ledger.runs) {
    if (run.jobId === jobId && run.process === process) ledger.runs.delete(run)
  }
}

/**
 * I11: what is staged for an accepted upload goes only after its end is durable. An upload that gave
 * way to its twin was never accepted: its manifest goes first, then its blobs.
 */
export function checkDeletion(ledger: Ledger, name: string): void {
  const jobId = stagedFor(ledger, name)
  if (!jobId || !ledger.names.has(name)) return
  const { uidHash, accepted, names } = ledger
  const manifest = objectNames.manifest(uidHash, jobId)
  const isWanted = accepted.has(jobId) || (name !== manifest && names.has(manifest))
  if (isWanted && !names.has(objectNames.outcome(uidHash, jobId))) {
    ledger.violations.push(`I11: ${name} was deleted before the end of its job was durable`)
  }
}

/** The job whose staging holds this object. */
function stagedFor(ledger: Ledger, name: string): JobId | undefined {
  return [...ledger.contents.keys()].find((jobId) =>
    name.startsWith(objectNames.stagingPrefix(ledger.uidHash, jobId)),
  )
}

export function noteTranscript(ledger: Ledger, name: string, process: number): void {
  const segmentId = segmentIdSchema.parse(/([0-9a-f]{40})\.json$/.exec(name)?.[1])
  const [run, another] = runsFor(ledger, segmentId, process)
  const jobId = another ? undefined : run?.jobId
  ledger.transcripts.set(name, { tick: ledger.tick, process, jobId })
}

/** Runs of a process whose jobs hold this segment. */
function runsFor(ledger: Ledger, segmentId: SegmentId, process: number): Run[] {
  return [...ledger.runs].filter(
    (run) => run.process === process && ledger.contents.get(run.jobId)?.segmentIds.has(segmentId),
  )
}

/**
 * I5: nobody pays for a segment whose transcript was there when its run began, or when it last looked;
 * nor, while fencing holds, for one that its job's next holder has landed meanwhile.
 */
export function checkProviderCall(ledger: Ledger, segmentId: SegmentId, process: number): void {
  const name = objectNames.transcript(ledger.uidHash, segmentId)
  const existing = ledger.transcripts.get(name)
  const runs = runsFor(ledger, segmentId, process)
  const [run, another] = runs
  if (!existing || !run) return
  const began = Math.min(...runs.map(({ startedTick }) => startedTick))
  const lastLook = ledger.looks.get(`${process} ${name}`) ?? -1
  const isKnown = runs.every(({ isAlone }) => isAlone) && existing.tick <= lastLook
  if (existing.tick <= began || isKnown) {
    ledger.violations.push(`I5: ${segmentId} was transcribed although its transcript was known`)
  }
  const isSuccessor = existing.jobId === run.jobId && existing.process !== process
  if (!another && isSuccessor && !ledger.isFencingLoose) {
    ledger.violations.push(`I3, I5: ${segmentId} was transcribed by a holder that had lost its job`)
  }
}

/** Whether somebody has looked for this transcript since it came to be. */
export function wasSeen(ledger: Ledger, name: string): boolean {
  const madeAt = ledger.transcripts.get(name)?.tick ?? Number.POSITIVE_INFINITY
  return [...ledger.looks].some(([look, tick]) => look.endsWith(name) && tick >= madeAt)
}
