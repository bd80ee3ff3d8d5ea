import { SECOND_MS, toIso } from '../kernel/index.ts'
import type { JobSegment, JobStatus } from './job-news.ts'

/** What a job waits for and since when, or how long it should take; empty while neither is known. */
export function describeWait(status: JobStatus, nowMs: number): string {
  const { waiting_for, waiting_since, retry_after, estimated_seconds_remaining: left } = status
  const about = left === undefined ? [] : [`about ${spanWords(left)} left`]
  if (waiting_for === undefined) return about.join()
  const since =
    waiting_since === undefined
      ? ''
      : ` for ${spanWords(Math.max(0, Math.round((nowMs - waiting_since) / SECOND_MS)))}`
  const next = retry_after ? [`next try in ${spanWords(retry_after)}`] : []
  return [`waiting for ${waiting_for}${since}`, ...next, ...about].join(', ')
}

/** `11:02:07  what was said`, or why nothing was; times are UTC. */
export function describeSegment({ verdict, reason_code, started_at, text }: JobSegment): string {
  const at = started_at === undefined ? '' : `${toIso(started_at).slice(11, 19)}  `
  if (verdict === 'landed') return `${at}${text?.replace(/\s+/g, ' ') || 'speech'}`
  return verdict === 'silent' ? `${at}nothing was said` : `${at}failed: ${reason_code ?? 'unknown'}`
}

/** `45 s`, `3 min`, `2 h` */
function spanWords(seconds: number): string {
  if (seconds < 100) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 100 ? `${minutes} min` : `${Math.round(minutes / 60)} h`
}
