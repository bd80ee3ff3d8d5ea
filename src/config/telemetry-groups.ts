import type { Settings } from './settings.ts'
import type { TelemetryConfig } from './shape.ts'
import { readPairs } from './value-types.ts'

export function groupTelemetry(s: Settings): TelemetryConfig {
  return {
    level: s.LOG_LEVEL,
    rawUid: s.LOG_RAW_UID,
    projectId: s.GOOGLE_CLOUD_PROJECT,
    otlp: groupOtlp(s),
  }
}

function groupOtlp(s: Settings): TelemetryConfig['otlp'] {
  const endpoint = s.OTEL_EXPORTER_OTLP_ENDPOINT
  if (endpoint === undefined) return undefined
  const [, followsParent, kind] = /^(parentbased_)?(.*)$/.exec(s.OTEL_TRACES_SAMPLER) ?? []
  return {
    tracesUrl: `${endpoint}/v1/traces`,
    metricsUrl: `${endpoint}/v1/metrics`,
    protocol: s.OTEL_EXPORTER_OTLP_PROTOCOL,
    headers: s.OTEL_EXPORTER_OTLP_HEADERS,
    timeoutMs: s.OTEL_EXPORTER_OTLP_TIMEOUT,
    metricIntervalMs: s.OTEL_METRIC_EXPORT_INTERVAL,
    resource: {
      ...readPairs(s.OTEL_RESOURCE_ATTRIBUTES ?? ''),
      'service.name': s.OTEL_SERVICE_NAME,
      ...(s.K_REVISION === undefined ? {} : { 'service.version': s.K_REVISION }),
    },
    sampler: {
      kind: kind === 'always_off' || kind === 'traceidratio' ? kind : 'always_on',
      followsParent: followsParent !== undefined,
      ratio: s.OTEL_TRACES_SAMPLER_ARG,
    },
  }
}
