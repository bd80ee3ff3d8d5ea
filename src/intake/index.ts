/**
 * Intake: an upload comes in. Checked by name, staged create-only, described by a manifest, recorded,
 * enqueued, answered; in this order. Before the manifest a failure leaves nothing; after it the
 * upload is accepted, whatever becomes of the connection. Its user may take it back: a cancelled job
 * ends like any other, with what landed counted.
 */
export type { AcceptDeps, Upload } from './accept-deps.ts'
export { acceptUpload } from './accept-upload.ts'
export type { Accepted } from './accepted.ts'
export { type CancelDeps, cancelJob } from './cancel-job.ts'
export { type RefusalCode, UploadRefusedError } from './refusal.ts'
export type { UploadPart } from './stage-upload.ts'
export { createUploadMemory } from './upload-memory.ts'
export type { UploadLimits } from './upload-totals.ts'
