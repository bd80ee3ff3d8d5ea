/**
 * What the rooms need of the world. Each contract, what a second call does, what a timeout means,
 * what holds after a crash, stands in its doc comment; test/conformance holds every adapter to it.
 */
export * from './audio.ts'
export * from './checksum.ts'
export * from './claim.ts'
export * from './clock.ts'
export * from './conversation-store.ts'
export * from './enrichment-store.ts'
export * from './identity.ts'
export * from './job-index.ts'
export * from './job-store.ts'
export * from './ledger.ts'
export * from './new-job.ts'
export * from './object-store.ts'
export * from './probe.ts'
export * from './random.ts'
export * from './recovery-store.ts'
export * from './speech-meter.ts'
export * from './speech-to-text.ts'
export * from './subscriptions.ts'
export * from './summarizer.ts'
export * from './task-queue.ts'
