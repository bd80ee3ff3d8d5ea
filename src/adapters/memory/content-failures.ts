import type { ContentId, JobId, RepeatFailureLimits } from '../../kernel/index.ts'

/** Failures by content, and which contents are paused for them. */
export interface ContentFailures {
  /** Counts a job's failure; answers until when its content is paused, if by this one. */
  note(
    job: { readonly jobId: JobId; readonly contentId: ContentId },
    signature: string,
    limits: RepeatFailureLimits,
  ): number | undefined
  forget(contentId: ContentId): void
  pausedUntil(contentId: ContentId): number | undefined
}

interface Failure {
  readonly at: number
  readonly signature: string
}

export function createContentFailures(now: () => number): ContentFailures {
  const failures = new Map<ContentId, Map<JobId, Failure>>()
  const pauses = new Map<ContentId, number>()
  return {
    note: ({ jobId, contentId }, signature, limits) => {
      if (limits.limit === 0) return undefined
      const known = failures.get(contentId) ?? new Map<JobId, Failure>()
      failures.set(contentId, known)
      known.set(jobId, { at: now(), signature })
      for (const [id, { at }] of known) if (at <= now() - limits.windowMs) known.delete(id)
      const alike = [...known.values()].filter((failure) => failure.signature === signature)
      if (alike.length < limits.limit) return undefined
      const until = now() + limits.pauseMs
      pauses.set(contentId, until)
      failures.delete(contentId)
      return until
    },
    forget: (contentId) => void failures.delete(contentId),
    pausedUntil: (contentId) => {
      const until = pauses.get(contentId)
      return until !== undefined && until > now() ? until : undefined
    },
  }
}
