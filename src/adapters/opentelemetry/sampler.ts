import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace'

export interface SamplerOptions {
  /** As OTEL_TRACES_SAMPLER names them. */
  readonly kind: 'always_on' | 'always_off' | 'traceidratio'
  /** A caller's own decision goes before ours. */
  readonly followsParent: boolean
  /** Share of the traces that begin here. */
  readonly ratio: number
}

export function createSampler({ kind, followsParent, ratio }: SamplerOptions): Sampler {
  const root = rootSampler(kind, ratio)
  return followsParent ? new ParentBasedSampler({ root }) : root
}

function rootSampler(kind: SamplerOptions['kind'], ratio: number): Sampler {
  switch (kind) {
    case 'always_on':
      return new AlwaysOnSampler()
    case 'always_off':
      return new AlwaysOffSampler()
    case 'traceidratio':
      return new TraceIdRatioBasedSampler(ratio)
  }
}
