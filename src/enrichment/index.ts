/**
 * Enrichment: the second stage. A conversation gets its title, overview, category and action items
 * after its transcripts are safe, under a task and a claim of its own.
 *
 * What is authoritative: the create-only object of a conversation's revision, which says `done`,
 * `skipped` or `failed`; a conversation is enriched when its present revision has one. The store knows
 * who works now, what is due and which jobs listen, and may be wiped: what was
 * announced is written down by day, and a sweep over the last days finds what is missing. A job's `enrichment` only shows how its conversations stand.
 *
 * Order: object, store, listeners, forgotten. A crash between any two is finished by the next delivery
 * or by recovery; the object makes sure that nobody asks the provider again (I4). Before it:
 *
 *   died between landing and announcing      the job is still due, and announces when it is settled
 *   died between announcing and enqueueing   the work is due after a minute: its task is ensured
 *   holder died                              its task's retry takes over after the lease; gone: ensured
 *   attempts spent, failing or dying         the failure is recorded, with its code
 *   provider busy or misconfigured           waits under the next generation, up to a day
 *   the conversation grew meanwhile          the older revision is dropped, its listeners move on
 *
 * Nothing here ever touches a transcript or a job's end (I2, I6).
 */
export { createEnrichment, type Enrichment, type EnrichmentOptions } from './create-enrichment.ts'
