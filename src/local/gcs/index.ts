/**
 * A small Google Cloud Storage for the local stack and for tests: the part of the JSON API that
 * the official client speaks (uploads of all kinds, reads, listing, metadata, copies, deletes,
 * buckets) with the real rules for generations, preconditions and checksums, on a folder of plain
 * files that survives a killed process. Point the client at it with
 * `new Storage({ apiEndpoint: server.endpoint, projectId })`. There is no authentication, no
 * versioning and no soft delete; bucket settings are kept and echoed, never acted on.
 *
 * What the real one lacks: faults on request (`faults`, or `/__faults`) and exact counts of calls
 * (`calls`, or `/__stats`).
 */
export type { FaultRule, FaultState, GcsFaults, GcsOperation } from './faults.ts'
export { type GcsServer, type GcsServerOptions, startGcsServer } from './server.ts'
