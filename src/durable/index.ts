/**
 * The durable objects: manifest, plan, transcript, outcome, enrichment, deletion. Each is created once and
 * never changed, but that a deletion takes its words from a transcript and its summaries altogether;
 * whoever comes second reads the first one back and goes on with it. GCS holds the truth that may
 * never be lost; the job store holds the truth about now and may be wiped at any moment.
 */
export { type Archive, createArchive } from './archive.ts'
export { type FollowedOutcome, followOutcome } from './follow-outcome.ts'
