import { ADMISSION_VARIABLES } from './admission-variables.ts'
import { DISPATCH_VARIABLES } from './dispatch-variables.ts'
import { ENRICHMENT_VARIABLES } from './enrichment-variables.ts'
import { FAIR_USE_VARIABLES } from './fair-use-variables.ts'
import { IDENTITY_VARIABLES } from './identity-variables.ts'
import { RECOVERY_VARIABLES } from './recovery-variables.ts'
import { RUN_VARIABLES } from './run-variables.ts'
import { Secret } from './secrets.ts'
import { SPEECH_VARIABLES } from './speech-variables.ts'
import { STORE_VARIABLES } from './store-variables.ts'
import { TELEMETRY_VARIABLES } from './telemetry-variables.ts'
import { UPLOAD_VARIABLES } from './upload-variables.ts'
import { optional, setting, type Variable } from './variable.ts'

/** Every variable the service reads, named once. DEPLOY.md lists the same names. */
export const VARIABLES = {
  // The server
  PORT: setting('8080', 'TCP port to listen on; 0 takes any free one. Cloud Run sets it.'),
  HOST: setting('0.0.0.0', 'Address to listen on.'),
  K_SERVICE: optional('Name of the service; set by Cloud Run, never by hand.'),
  K_REVISION: optional('Name of the revision; set by Cloud Run, never by hand.'),
  SYNC_PUBLIC_URL: optional('Own base URL as callers see it; https unless on loopback.'),
  SERVICE_TIMEOUT_SECONDS: setting(
    '1800',
    'Request timeout set on the Cloud Run service, in seconds; the outermost limit.',
  ),
  SERVICE_MAX_INSTANCES: setting(
    '40',
    'Most instances set on the Cloud Run service; bounds what the queues may dispatch.',
  ),
  SERVICE_CONCURRENCY: setting(
    '24',
    'Requests one instance takes at once, as set on the Cloud Run service.',
  ),
  HTTP_REQUEST_TIMEOUT_SECONDS: setting(
    '120',
    'Seconds for any route but worker, upload and event stream; then 503.',
  ),
  HTTP_SYNC_JOBS_RUN_TIMEOUT: setting(
    '1500',
    'Seconds until a worker request is aborted; 0 means no limit. Must outlast the run budget.',
  ),
  SHUTDOWN_GRACE_SECONDS: setting(
    '8',
    'Seconds from SIGTERM until runs are given back. Cloud Run kills at 10.',
  ),
  COMPUTE_WORKERS: setting(
    '0',
    'Threads for decoding and voice activity; 0 means one less than the CPUs, at least one.',
  ),

  ...DISPATCH_VARIABLES,
  ...STORE_VARIABLES,
  ...IDENTITY_VARIABLES,
  ...SPEECH_VARIABLES,
  ...ENRICHMENT_VARIABLES,
  ...UPLOAD_VARIABLES,
  ...ADMISSION_VARIABLES,
  ...RUN_VARIABLES,
  ...FAIR_USE_VARIABLES,
  ...RECOVERY_VARIABLES,

  // Status
  STATUS_POLL_AFTER_MS: setting('3000', 'Milliseconds a client is asked to wait between polls.'),
  STATUS_STREAM_INTERVAL_MS: setting('1000', 'Milliseconds between looks of a status stream.'),
  STATUS_STREAM_HEARTBEAT_SECONDS: setting(
    '15',
    'Seconds between signs of life of a stream. Longer than a proxy waits, and it cuts the stream.',
  ),

  ...TELEMETRY_VARIABLES,
} as const satisfies Record<string, Variable>

export type VariableName = keyof typeof VARIABLES

export const VARIABLE_NAMES = Object.keys(VARIABLES) as readonly VariableName[]

/** The environment as text, defaults filled in, secrets wrapped before anyone can print them. */
export interface Env {
  readonly values: { readonly [N in VariableName]: string | Secret | undefined }
  /** Names that were set and are none of ours; no values. */
  readonly strays: readonly string[]
}

/** The service's only reader of the process environment. Empty text counts as unset; ends are trimmed. */
export function readEnv(source: Readonly<Record<string, string | undefined>> = process.env): Env {
  const read = (name: VariableName): readonly [VariableName, string | Secret | undefined] => {
    const row: Variable = VARIABLES[name]
    const text = source[name]?.trim() || row.default
    return [name, row.secret && text !== undefined ? new Secret(text) : text]
  }
  return {
    values: Object.fromEntries(VARIABLE_NAMES.map(read)) as Env['values'],
    strays: Object.keys(source).filter((name) => !Object.hasOwn(VARIABLES, name)),
  }
}

/** The environment as it is, for launchers: what they start needs PATH, HOME and proxies. */
export function ambientEnvironment(): Readonly<Record<string, string | undefined>> {
  return { ...process.env }
}

/**
 * ONNX Runtime reports its use to its maker, with an id that it keeps in the home directory, unless
 * told not to before it is loaded. A service of recordings reports to nobody.
 */
export function refuseUsageReports(): void {
  process.env['ORT_DISABLE_TELEMETRY'] = '1'
}
