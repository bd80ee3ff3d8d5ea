import { type HeldClaim, holdClaim } from '../jobs/index.ts'
import { createPlaces, type JobId, type Manifest, type Places } from '../kernel/index.ts'
import type { Claim, Ledger, SpeechToText } from '../ports/index.ts'
import { concludeInline, type InlineConcludeDeps } from './inline-conclude.ts'
import {
  endOfAbort,
  noteAttempt,
  type RunDeps,
  type RunReport,
  runClaimed,
  spanFactsOf,
} from './run-claimed.ts'

export interface InlineDeps extends InlineConcludeDeps, Omit<RunDeps, 'store'> {
  readonly maxRunning: number
}

/**
 * The inline twin of a delivery: the same claim, run, landing and release, in the process that
 * accepted the upload. The claim is held while the job waits for one of a bounded number of places,
 * and from one attempt to the next.
 */
export interface InlineRunner {
  /**
   * Runs the job in the background. Never rejects: a failure is recorded and the job given back.
   * `ownSpeechToText` is built from the user's key and lives as long as this run; a job that needs
   * it and comes without it is landed, never run.
   */
  start(manifest: Manifest, claim: Claim, askedAtMs: number, ownSpeechToText?: SpeechToText): void
  /** Claims a job nobody holds, then runs it; false when somebody else has it. */
  takeOver(manifest: Manifest, generation: number): Promise<boolean>
  newToken(): string
  /** Resolves when every run has stopped. */
  drained(): Promise<void>
}

/** Of a job that nobody has run yet. */
const NEW_LEDGER: Ledger = { marks: new Map(), suspects: new Map() }

export function createInlineRunner(deps: InlineDeps): InlineRunner {
  const places = createPlaces(deps.maxRunning)
  const running = new Set<Promise<void>>()
  const newToken = () => Buffer.from(deps.randomBytes(16)).toString('hex')

  const ask = async (jobId: JobId, generation: number) => {
    const askedAtMs = deps.clock.monotonicMs()
    const granted = await deps.store.claim({
      jobId,
      generation,
      token: newToken(),
      leaseMs: deps.leaseMs,
      userSlots: 0,
      slotSnoozeMs: 0,
    })
    return granted.kind === 'claimed' ? { ...granted, askedAtMs } : undefined
  }

  const begin = (job: InlineJob) => {
    const { jobId } = job.manifest
    const run = runToEnd(deps, places, job).catch((error: unknown) => {
      if (!deps.stop.aborted) deps.events.unexpectedError({ where: 'inline run', jobId, error })
    })
    running.add(run)
    void run.finally(() => running.delete(run))
  }

  return {
    start: (manifest, claim, askedAtMs, ownSpeechToText) =>
      begin({ manifest, claim, askedAtMs, ownSpeechToText, ledger: NEW_LEDGER }),
    newToken,
    takeOver: async (manifest, generation) => {
      const taken = await ask(manifest.jobId, generation)
      if (taken) begin({ ...taken, manifest, ownSpeechToText: undefined })
      return taken !== undefined
    },
    drained: async () => {
      await Promise.all(running)
    },
  }
}

interface InlineJob {
  readonly manifest: Manifest
  readonly claim: Claim
  readonly ledger: Ledger
  readonly askedAtMs: number
  readonly ownSpeechToText: SpeechToText | undefined
}

/** Attempt after attempt under one claim and one heartbeat. */
async function runToEnd(deps: InlineDeps, places: Places, job: InlineJob): Promise<void> {
  const { store, clock, leaseTimes: times } = deps
  await using held = holdClaim({ store, clock, times }, job.claim, job.askedAtMs)
  let { claim, ledger } = job
  let waitMs = 0
  let busyMs = 0
  for (let step = 0; ; step += 1) {
    const now: HeldClaim = { ...held, claim }
    const { jobId, generation, attempt, epoch } = claim
    const { uidHash, lane } = job.manifest
    const facts = { jobId, generation, attempt, epoch, uidHash, lane }
    const next = await deps.tracer.span('attempt', facts, async (note) => {
      const report = await runInPlace(deps, places, now, { ...job, ledger }, waitMs)
      note(spanFactsOf(report.end))
      busyMs = report.end.kind === 'snooze' && !report.progressed ? busyMs + report.end.forMs : 0
      const next = await concludeInline(deps, now, job.manifest, report, { step, busyMs })
      noteAttempt(deps.events, now.claim, report)
      return next
    })
    if (next.kind === 'over') return
    claim = next.claim
    ledger = next.ledger
    waitMs = next.afterMs
  }
}

/** Waits for its time and a place, then runs. A shutdown met while waiting ends like one while running. */
async function runInPlace(
  deps: InlineDeps,
  places: Places,
  held: HeldClaim,
  job: InlineJob,
  waitMs: number,
): Promise<RunReport> {
  const { manifest, ledger, ownSpeechToText } = job
  if (manifest.byok && !ownSpeechToText) {
    const detail = 'the key was in the memory of another process'
    return {
      end: { kind: 'discard', reasonCode: 'byok_worker_lost', detail },
      progressed: false,
      ms: 0,
    }
  }
  const pipeline = ownSpeechToText
    ? { ...deps.pipeline, speechToText: ownSpeechToText }
    : deps.pipeline
  const givenUp = AbortSignal.any([held.signal, deps.stop])
  try {
    if (waitMs > 0) await deps.clock.sleep(waitMs, givenUp)
    return await places.run(givenUp, () =>
      runClaimed({ ...deps, pipeline }, held, manifest, ledger, deps.stop),
    )
  } catch (error) {
    const end = endOfAbort(givenUp.aborted ? givenUp.reason : error)
    if (!end && givenUp.aborted) throw error
    return { end: end ?? { kind: 'retry', error }, progressed: false, ms: 0 }
  }
}
