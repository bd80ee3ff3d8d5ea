/**
 * Google Cloud Storage as an `ObjectStore`, through the official client, with the client's own
 * retries off: they cannot be aborted, ignore our budget, and one upload without a precondition
 * switches them off for the whole client. Tries, pauses and limits are ours, on our clock.
 *
 * What is authoritative: the store's answer, and only that. A 412 says that somebody's object is
 * there; after a lost reply it may be our own, which the caller finds out by reading it. A 404 is
 * believed only when it names the object: a missing bucket is an outage, not a missing object.
 * Everything else, silence included, proves nothing and is an `UnavailableError`.
 *
 * The client takes no AbortSignal. Each call therefore runs in a scope that knows its HTTP requests;
 * ending the scope ends them, so that an aborted or timed-out call leaves no socket behind.
 */
export { createStorage, type StorageOptions } from './create-storage.ts'
export { createGcsObjectStore, type GcsObjectStoreOptions } from './gcs-object-store.ts'
export { createBucketInspector } from './inspect-bucket.ts'
export { routeByPrefix } from './route-by-prefix.ts'
