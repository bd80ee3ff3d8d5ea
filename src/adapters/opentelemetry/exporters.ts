import type { PushMetricExporter } from '@opentelemetry/sdk-metrics'
import type { SpanExporter } from '@opentelemetry/sdk-trace'

export interface ExporterOptions {
  /** Full URLs, `/v1/traces` and `/v1/metrics` included. */
  readonly tracesUrl: string
  readonly metricsUrl: string
  readonly protocol: 'http/protobuf' | 'http/json'
  readonly headers: Readonly<Record<string, string>>
  /** For one batch. */
  readonly timeoutMs: number
}

/** One pair of exporters, and only that pair's packages. */
export async function createExporters(
  options: ExporterOptions,
): Promise<{ readonly spans: SpanExporter; readonly metrics: PushMetricExporter }> {
  const { tracesUrl, metricsUrl, protocol, headers, timeoutMs: timeoutMillis } = options
  const [{ OTLPTraceExporter }, { OTLPMetricExporter }] =
    protocol === 'http/json'
      ? await Promise.all([
          import('@opentelemetry/exporter-trace-otlp-http'),
          import('@opentelemetry/exporter-metrics-otlp-http'),
        ])
      : await Promise.all([
          import('@opentelemetry/exporter-trace-otlp-proto'),
          import('@opentelemetry/exporter-metrics-otlp-proto'),
        ])
  const shared = { headers: { ...headers }, timeoutMillis }
  return {
    spans: new OTLPTraceExporter({ ...shared, url: tracesUrl }),
    metrics: new OTLPMetricExporter({ ...shared, url: metricsUrl }),
  }
}
