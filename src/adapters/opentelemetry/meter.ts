import type { Counter, Histogram, Meter } from '@opentelemetry/api'

type Labels = Readonly<Record<string, string>>

const PREFIX = 'sync.'
/** Seconds from a poll to the longest run; the library's own bounds are for milliseconds. */
const BOUNDS_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1_200, 1_800]

/** Instruments come to be with their first value. */
export function createMeter(meter: Meter) {
  const counters = new Map<string, Counter>()
  const histograms = new Map<string, Histogram>()
  return {
    count: (name: string, by: number, labels: Labels): void => {
      const counter = counters.get(name) ?? meter.createCounter(PREFIX + name)
      counters.set(name, counter)
      counter.add(by, labels)
    },
    observe: (name: string, value: number, labels: Labels): void => {
      const histogram =
        histograms.get(name) ?? meter.createHistogram(PREFIX + name, secondsOf(name))
      histograms.set(name, histogram)
      histogram.record(value, labels)
    },
  }
}

function secondsOf(name: string) {
  return name.endsWith('_seconds')
    ? { unit: 's', advice: { explicitBucketBoundaries: BOUNDS_SECONDS } }
    : {}
}
