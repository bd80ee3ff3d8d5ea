import { resourceFromAttributes } from '@opentelemetry/resources'
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { createExporters, type ExporterOptions } from './exporters.ts'
import { createMeter } from './meter.ts'
import { createSampler, type SamplerOptions } from './sampler.ts'
import { createSpanSource } from './span-source.ts'

export interface OpenTelemetryOptions extends ExporterOptions {
  readonly sampler: SamplerOptions
  readonly metricIntervalMs: number
  /** `service.name` and whatever else says who sends. */
  readonly resource: Readonly<Record<string, string>>
}

export interface OpenTelemetry {
  readonly spans: ReturnType<typeof createSpanSource>
  readonly meter: ReturnType<typeof createMeter>
  /** Sends what is left, then sends no more. Never rejects: what cannot be sent is lost. */
  close(): Promise<void>
}

const SCOPE = 'sync-dispatcher'

export async function startOpenTelemetry(options: OpenTelemetryOptions): Promise<OpenTelemetry> {
  const { timeoutMs, metricIntervalMs } = options
  const exporters = await createExporters(options)
  const resource = resourceFromAttributes(options.resource)
  const traces = new TracerProvider({
    resource,
    sampler: createSampler(options.sampler),
    spanProcessors: [
      new BatchSpanProcessor({ exporter: exporters.spans, exportTimeoutMillis: timeoutMs }),
    ],
  })
  const metrics = new MeterProvider({
    resource,
    readers: [
      new PeriodicExportingMetricReader({
        exporter: exporters.metrics,
        exportIntervalMillis: metricIntervalMs,
        exportTimeoutMillis: Math.min(timeoutMs, metricIntervalMs),
      }),
    ],
  })
  return {
    spans: createSpanSource(traces.getTracer(SCOPE)),
    meter: createMeter(metrics.getMeter(SCOPE)),
    close: async () => {
      await Promise.allSettled([traces.shutdown(), metrics.shutdown()])
    },
  }
}
