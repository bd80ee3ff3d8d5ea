import { HOUR_MS, MINUTE_MS, toIso } from '../kernel/index.ts'

/** What a person reads when the day's budget of a restricted user is spent. */
export function budgetSpentWords(budgetMs: number, resetsAt: number, nowMs: number): string {
  return (
    `Your transcription is limited to ${spanWords(budgetMs)} a day for now, and today's is used up. ` +
    `${KEPT} after ${clockWords(resetsAt)} UTC, in ${spanWords(resetsAt - nowMs)}.`
  )
}

/** What a person reads when more was recorded in a day than a day can hold. */
export function ceilingWords(ceilingMs: number, resetsAt: number, nowMs: number): string {
  return (
    `More than ${spanWords(ceilingMs)} of speech were uploaded within 24 hours. ` +
    `${KEPT} after ${clockWords(resetsAt)} UTC, in ${spanWords(resetsAt - nowMs)}.`
  )
}

const KEPT = 'Your recordings stay on your device and can be uploaded'

/** Rounded up: `1 minute`, `45 minutes`, `30 hours`. */
function spanWords(ms: number): string {
  const minutes = Math.max(1, Math.ceil(ms / MINUTE_MS))
  return minutes < 100 ? counted(minutes, 'minute') : counted(Math.ceil(ms / HOUR_MS), 'hour')
}

function counted(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}

/** `2026-01-31 00:00` */
function clockWords(atMs: number): string {
  return toIso(atMs).slice(0, 16).replace('T', ' ')
}
