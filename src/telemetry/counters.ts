import type { Meter } from './meter.ts'

export type Labels = Readonly<Record<string, string | undefined>>

export interface CounterReading {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** Counts since the process started; nothing resets them. What is exported, is told as it happens. */
export interface Counters {
  add(name: string, labels?: Labels, by?: number): void
  /** One value of a distribution, which only an exporter keeps. */
  observe(name: string, value: number, labels?: Labels): void
  /** Sorted by name, then labels. */
  snapshot(): readonly CounterReading[]
}

/** A word or short phrase of a closed set, or an HTTP status. An id has digits and is none. */
const LABEL_VALUE = /^([a-z][a-z_]{0,47}|[1-5]\d\d)$/
const MAX_SERIES_PER_NAME = 60
const OTHER = 'other'

/**
 * In-process counters of bounded size: a label value that is no such word counts as `other`, and a
 * name that has all its series counts what is new as `other` too, so that no caller can grow them.
 * @param meter asked at each count: an exporter is there only once it has started
 */
export function createCounters(meter?: () => Meter | undefined): Counters {
  const families = new Map<string, Map<string, CounterReading>>()
  return {
    add(name, labels = {}, by = 1) {
      const family = families.get(name) ?? new Map<string, CounterReading>()
      families.set(name, family)
      const wanted = boundedLabels(labels)
      const isRoom = family.has(keyOf(wanted)) || family.size < MAX_SERIES_PER_NAME
      const bounded = isRoom ? wanted : mapValues(wanted, () => OTHER)
      const value = (family.get(keyOf(bounded))?.value ?? 0) + by
      family.set(keyOf(bounded), { name, labels: bounded, value })
      meter?.()?.count(name, by, bounded)
    },
    observe(name, value, labels = {}) {
      meter?.()?.observe(name, value, boundedLabels(labels))
    },
    snapshot: () =>
      [...families.values()]
        .flatMap((family) => [...family.values()])
        .sort((a, b) => compare(a.name, b.name) || compare(keyOf(a.labels), keyOf(b.labels))),
  }
}

function boundedLabels(labels: Labels): Record<string, string> {
  const named = Object.entries(labels).flatMap(([label, value]) =>
    value === undefined ? [] : [[label, boundedValue(value)] as const],
  )
  return Object.fromEntries(named.sort(([a], [b]) => compare(a, b)))
}

function boundedValue(value: string): string {
  const word = value.replace(/[ -]+/g, '_')
  return LABEL_VALUE.test(word) ? word : OTHER
}

function mapValues(labels: Record<string, string>, to: () => string): Record<string, string> {
  return Object.fromEntries(Object.keys(labels).map((label) => [label, to()]))
}

function keyOf(labels: Readonly<Record<string, string>>): string {
  return JSON.stringify(labels)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
