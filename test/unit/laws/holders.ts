import type { JobId, Outcome } from '../../../src/kernel/index.ts'
import type { Claim, Seen } from '../../../src/ports/index.ts'

/** Who may write what of each job, told by the store's answers alone: one holder, one end, one way. */
export interface Holders {
  granted(jobId: JobId, by: { generation: number; token: string; leaseMs: number }): void
  wrote(claim: Claim): void
  renewed(claim: Claim): void
  gaveBack(claim: Claim, generation: number): void
  froze(jobId: JobId, outcome: Outcome, claim?: Claim): void
  moved(jobId: JobId, seen: Seen, how: { generation: number; revival: boolean }): void
  ended(jobId: JobId): void
  /** The store forgot everything: no token it gave out is good any more. */
  flushed(): void
}

interface Standing {
  token: string | undefined
  lastToken: string | undefined
  leaseUntil: number
  generation: number
  readonly claimedGenerations: Set<number>
  frozen: string | undefined
}

/** @param isLoose whether a clock was off: then a process may take a live lease for a lapsed one */
export function watchHolders(deps: {
  readonly now: () => number
  readonly isLoose: () => boolean
  readonly isCancelled: (jobId: JobId) => boolean
  readonly violations: string[]
}): Holders {
  const { violations, now } = deps
  const jobs = new Map<JobId, Standing>()
  const standingOf = (jobId: JobId): Standing => {
    const known = jobs.get(jobId)
    const standing = known ?? {
      ...{ token: undefined, lastToken: undefined, leaseUntil: 0, frozen: undefined },
      generation: 0,
      claimedGenerations: new Set<number>(),
    }
    jobs.set(jobId, standing)
    return standing
  }
  const isHeld = (standing: Standing) => standing.token !== undefined && standing.leaseUntil > now()
  const release = (standing: Standing) => {
    standing.lastToken = standing.token
    standing.token = undefined
  }

  return {
    granted: (jobId, { generation, token, leaseMs }) => {
      const standing = standingOf(jobId)
      if (isHeld(standing) && standing.token !== token) {
        violations.push(`I3: ${jobId} was claimed under a live lease`)
      }
      if (generation < standing.generation) {
        violations.push(`F24: ${jobId} was claimed by its old generation ${generation}`)
      }
      if (standing.frozen !== undefined) violations.push(`I2: ${jobId} is run after its end froze`)
      standing.claimedGenerations.add(generation)
      Object.assign(standing, { token, lastToken: token, generation, leaseUntil: now() + leaseMs })
    },
    wrote: ({ jobId, token }) => {
      if (standingOf(jobId).token !== token) {
        violations.push(`I3: ${jobId} was written by a stranger`)
      }
    },
    renewed: ({ jobId, token, leaseMs }) => {
      const standing = standingOf(jobId)
      if (standing.token !== token) violations.push(`I3: ${jobId} was renewed by a stranger`)
      standing.leaseUntil = now() + leaseMs
    },
    gaveBack: ({ jobId, token }, generation) => {
      const standing = standingOf(jobId)
      if (standing.lastToken !== token) violations.push(`I3: ${jobId} was given back by a stranger`)
      if (standing.frozen !== undefined)
        violations.push(`I2: ${jobId} lives on after its end froze`)
      release(standing)
      standing.generation = Math.max(standing.generation, generation)
    },
    froze: (jobId, outcome, claim) => {
      const standing = standingOf(jobId)
      const text = JSON.stringify(outcome)
      if (standing.frozen !== undefined && standing.frozen !== text) {
        violations.push(`I2: the frozen end of ${jobId} was changed`)
      }
      if (claim && standing.token !== claim.token) {
        violations.push(`I3: ${jobId} was ended by a stranger`)
      }
      // Its user may take a job from its live holder; nobody else may.
      if (!claim && isHeld(standing) && !deps.isCancelled(jobId) && !deps.isLoose()) {
        violations.push(`F46: ${jobId} was ended under its live holder`)
      }
      standing.frozen = text
      if (!claim) release(standing)
    },
    moved: (jobId, seen, { generation, revival }) => {
      const standing = standingOf(jobId)
      if (generation !== seen.generation + 1) {
        violations.push(`F45: ${jobId} was moved on by somebody who saw an older one`)
      }
      if (isHeld(standing) && !deps.isLoose()) {
        violations.push(`F46: ${jobId} was taken from its live holder`)
      }
      if (revival && !standing.claimedGenerations.has(seen.generation)) {
        violations.push(`I8: a generation of ${jobId} that nobody claimed is counted as a death`)
      }
      release(standing)
      standing.generation = generation
    },
    ended: (jobId) => release(standingOf(jobId)),
    flushed: () => jobs.clear(),
  }
}
