import { optional, optionalSecret, setting, type Variable } from './variable.ts'

/** Logs, traces and metrics. The OTEL_ names are OpenTelemetry's own. */
export const TELEMETRY_VARIABLES = {
  LOG_LEVEL: setting('info', '`trace`, `debug`, `info`, `warn`, `error`, `fatal` or `silent`.'),
  LOG_RAW_UID: setting('false', 'Log and trace user ids as they are, beside their hashes.'),
  GOOGLE_CLOUD_PROJECT: optional('Project by which log lines are joined to their traces.'),
  OTEL_EXPORTER_OTLP_ENDPOINT: optional(
    'Base URL traces and metrics are sent to, OTLP over HTTP; unset sends and loads nothing.',
  ),
  OTEL_EXPORTER_OTLP_HEADERS: optionalSecret(
    'Headers sent along, `name=value` pairs separated by commas.',
  ),
  OTEL_EXPORTER_OTLP_PROTOCOL: setting('http/protobuf', '`http/protobuf` or `http/json`.'),
  OTEL_EXPORTER_OTLP_TIMEOUT: setting(
    '10000',
    'Milliseconds for one batch; then it is lost. Higher holds more of them in memory.',
  ),
  OTEL_METRIC_EXPORT_INTERVAL: setting(
    '60000',
    'Milliseconds between two batches of metrics. Lower costs requests.',
  ),
  OTEL_SERVICE_NAME: setting('sync-dispatcher', 'Name of the service in traces and metrics.'),
  OTEL_RESOURCE_ATTRIBUTES: optional(
    'What else says who sends, `name=value` pairs separated by commas.',
  ),
  OTEL_TRACES_SAMPLER: setting(
    'parentbased_always_on',
    'Which traces are kept: `always_on`, `always_off` or `traceidratio`, each also with `parentbased_` before it.',
  ),
  OTEL_TRACES_SAMPLER_ARG: setting('1', 'Share of the traces that a `traceidratio` sampler keeps.'),
} as const satisfies Record<string, Variable>
