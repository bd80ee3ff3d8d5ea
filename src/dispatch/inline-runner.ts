import { type HeldClaim, holdClaim } from '../jobs/index.ts'
import { backoffMs, createPlaces, type JobId, type Manifest, type Places } from '../kernel/index.ts'
import type { Claim } from '../ports/index.ts'
import { conclude } from './conclude.ts'
import type { RunningDeps } from './delivery-deps.ts'
import { endOfAbort, noteAttempt, type RunReport, runClaimed } from './run-claimed.ts'

export interface InlineDeps extends RunningDeps {
  readonly maxRunning: number
  /** Aborted at shutdown, with a RunAbortedError: runs give their jobs back and stop. */
  readonly stop: AbortSignal
}

/**
 * The inline twin of a delivery: the same claim, run, landing and release, in the process that
 * accepted the upload. The claim is held while the job waits for one of a bounded number of places.
 */
export interface InlineRunner {
  /** Runs the job in the background. Never rejects: a failure is recorded and the job given back. */
  start(manifest: Manifest, claim: Claim, askedAtMs: number): void
  /** Claims a job nobody holds, then runs it; false when somebody else has it. */
  takeOver(manifest: Manifest, generation: number): Promise<boolean>
  newToken(): string
  /** Resolves when every run has stopped. */
  drained(): Promise<void>
}

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
    return granted.kind === 'claimed' ? { claim: granted.claim, askedAtMs } : undefined
  }

  const runToEnd = async (manifest: Manifest, claim: Claim, askedAtMs: number) => {
    let current: { claim: Claim; askedAtMs: number } | undefined = { claim, askedAtMs }
    for (let step = 0; current && !deps.stop.aborted; step += 1) {
      const again = await runOnce(deps, places, manifest, current.claim, current.askedAtMs, step)
      if (!again) return
      await deps.clock.sleep(again.afterMs, deps.stop)
      current = await ask(manifest.jobId, again.generation)
    }
  }

  const start = (manifest: Manifest, claim: Claim, askedAtMs: number) => {
    const run = runToEnd(manifest, claim, askedAtMs).catch((error: unknown) => {
      if (!deps.stop.aborted) {
        deps.events.unexpectedError({ where: 'inline run', jobId: manifest.jobId, error })
      }
    })
    running.add(run)
    void run.finally(() => running.delete(run))
  }

  return {
    start,
    newToken,
    takeOver: async (manifest, generation) => {
      const taken = await ask(manifest.jobId, generation)
      if (taken) start(manifest, taken.claim, taken.askedAtMs)
      return taken !== undefined
    },
    drained: async () => {
      await Promise.all(running)
    },
  }
}

/** One attempt; says when and under which generation to try again, if at all. */
async function runOnce(
  deps: InlineDeps,
  places: Places,
  manifest: Manifest,
  claim: Claim,
  askedAtMs: number,
  step: number,
): Promise<{ readonly afterMs: number; readonly generation: number } | undefined> {
  const { store, clock } = deps
  await using held = holdClaim({ store, clock, times: deps.leaseTimes }, claim, askedAtMs)
  const report = await runInPlace(deps, places, held, manifest)
  const conclusion = await conclude(deps, held, manifest, report, false)
  noteAttempt(deps.events, claim, report)
  switch (conclusion.kind) {
    case 'ended':
    case 'lease_lost':
      return undefined
    case 'requeued': {
      const backoff = backoffMs(step, deps.retryBackoff, deps.random())
      return { afterMs: Math.min(conclusion.dueInMs, backoff), generation: claim.generation }
    }
    case 'snoozed':
    case 'continued':
      return {
        afterMs: Math.max(0, conclusion.notBefore - clock.now()),
        generation: conclusion.generation,
      }
  }
}

/** Waits for a place, then runs. A shutdown met while waiting ends like one met while running. */
async function runInPlace(
  deps: InlineDeps,
  places: Places,
  held: HeldClaim,
  manifest: Manifest,
): Promise<RunReport> {
  const givenUp = AbortSignal.any([held.signal, deps.stop])
  try {
    return await places.run(givenUp, () => runClaimed(deps, held, manifest, deps.stop))
  } catch (error) {
    const end = endOfAbort(givenUp.aborted ? givenUp.reason : error)
    if (!end) throw error
    return { end, progressed: false, ms: 0 }
  }
}
