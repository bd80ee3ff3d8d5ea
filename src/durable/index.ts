/**
 * The durable objects: manifest, plan, transcript, outcome, enrichment. Each is created once and never changed;
 * whoever comes second reads the first one back and goes on with it. GCS holds the truth that may
 * never be lost; the job store holds the truth about now and may be wiped at any moment.
 */
export { type Archive, createArchive } from './archive.ts'
export { type FollowedOutcome, followOutcome } from './follow-outcome.ts'
