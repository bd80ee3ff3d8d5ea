/**
 * The doctor: looks at every party the service stands on, says what was found, what must hold and how
 * to mend it. It looks through ports and changes nothing but for the one job it sends as an app would.
 *
 * Each check looks once and judges purely; a look that fails proves nothing and counts as short.
 */
export { silentRecording } from './canary-recording.ts'
export { canaryCheck } from './checks/canary.ts'
export { queueCheck } from './checks/queue.ts'
export { type Diagnosis, diagnose, type NamedFinding } from './diagnose.ts'
export { type Check, createCheck, type Shortfall } from './finding.ts'
export { type DoctorParties, listChecks } from './list-checks.ts'
