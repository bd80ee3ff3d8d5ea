/** How numbers and instants are written. Pure: the zone is the reader's. */
const WHOLE = new Intl.NumberFormat('en')
const CLOCK = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
})
const DAY_CLOCK = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
})
const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const

export function count(number: number): string {
  return WHOLE.format(number)
}

/** `850 ms`, `12 s`, `3 min 20 s`, `2 h 5 min`: the two largest units. */
export function span(ms: number): string {
  const size = Math.max(0, ms)
  if (size < 1_000) return `${Math.round(size)} ms`
  const first = UNITS.findIndex(([, unit]) => size >= unit)
  const [name, unit] = UNITS[first] ?? ['s', 1_000]
  const [nextName, nextUnit] = UNITS[first + 1] ?? ['', 0]
  if (nextUnit === 0) return `${(size / unit).toFixed(size < 10_000 ? 1 : 0)} ${name}`
  const rest = Math.floor((size % unit) / nextUnit)
  return `${Math.floor(size / unit)} ${name}${rest > 0 ? ` ${rest} ${nextName}` : ''}`
}

/** Time of day, with the day when it is not the present one. */
export function instant(at: number, now: number): string {
  const isToday = DAY_CLOCK.format(at).slice(0, 6) === DAY_CLOCK.format(now).slice(0, 6)
  return Math.abs(now - at) < 86_400_000 && isToday ? CLOCK.format(at) : DAY_CLOCK.format(at)
}

export function clock(at: number): string {
  return CLOCK.format(at)
}

/** Enough of an id to tell it from its neighbours. */
export function shortId(id: string): string {
  return id.slice(0, 8)
}

/** `partial_failure` as people read it. */
export function words(name: string): string {
  return name.replaceAll('_', ' ')
}

export function bytes(size: number): string {
  if (size < 1_024) return `${size} B`
  return size < 1_048_576
    ? `${(size / 1_024).toFixed(0)} KiB`
    : `${(size / 1_048_576).toFixed(1)} MiB`
}
