/**
 * Cloud Tasks on one machine, speaking its gRPC protocol (v2), true to the service where we lean on
 * it: names burnt by live and by ended tasks, schedule times, backoff, attempts, delivery headers,
 * OIDC tokens, deadlines, rate and concurrency, pause and purge. HTTP targets only; no IAM, no
 * throttling after 429 or 503, no logs.
 *
 * Authoritative is the journal in its folder: an event is written before it is answered for. A
 * killed server's tasks are all there for the next one; those it was delivering are delivered
 * again. Beyond the service: faults on calls and deliveries, and counters.
 */
export type { TasksFault } from './faults.ts'
export { startTasksServer, type TasksServer, type TasksServerOptions } from './tasks-server.ts'
