import { Secret } from './secrets.ts'

/** How a variable's text is read. The port opens behind this, hence not by the schema library. */
export interface Reader<T> {
  /** The rest of a sentence: "PORT must be …". */
  readonly expectation: string
  /** Undefined for a text that is not as expected. */
  read(text: string): T | undefined
}

function parsed<T>(expectation: string, read: (text: string) => T | undefined): Reader<T> {
  return { expectation, read }
}

function numberFrom(pattern: RegExp, kind: string, min: number, max: number, because: string) {
  return parsed(`must be ${kind} from ${min} to ${max}${because}`, (text) => {
    const value = pattern.test(text) ? Number(text) : Number.NaN
    return value >= min && value <= max ? value : undefined
  })
}

/** @param because why a larger or smaller one is refused, from the comma on */
export function whole(min: number, max: number, because = '') {
  return numberFrom(/^\d{1,15}$/, 'a whole number', min, max, because)
}

/** A span in seconds, to the millisecond. */
export function seconds(min: number, max: number) {
  return numberFrom(/^\d{1,6}(\.\d{1,3})?$/, 'a number of seconds', min, max, '')
}

export function share() {
  return numberFrom(/^\d(\.\d{1,6})?$/, 'a number', 0, 1, '')
}

export function flag() {
  return parsed('must be true or false', (text) =>
    text === 'true' ? true : text === 'false' ? false : undefined,
  )
}

export function oneOf<const T extends string>(words: readonly T[]) {
  return parsed(`must be one of ${words.join(', ')}`, (text) => words.find((word) => word === text))
}

export function matching(pattern: RegExp, expectation: string) {
  return parsed(expectation, (text) => (pattern.test(text) ? text : undefined))
}

export function text() {
  return matching(/^[^\p{Cc}]+$/u, 'must be one line of text')
}

export function list() {
  const { expectation, read } = text()
  return parsed(expectation, (names) =>
    read(names)
      ?.split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  )
}

export function secretText(minLength = 1) {
  return parsed(`must have ${minLength} characters or more`, (plain) =>
    plain.length >= minLength ? new Secret(plain) : undefined,
  )
}

const PAIRS = /^\s*[^=,\s]+\s*=[^,]*(,\s*[^=,\s]+\s*=[^,]*)*$/

/** `name=value` pairs separated by commas; a value may be percent-encoded. */
export function pairs() {
  return parsed('must be name=value pairs separated by commas', (plain) =>
    PAIRS.test(plain) && decodes(plain) ? plain : undefined,
  )
}

export function secretPairs() {
  return parsed('must be name=value pairs separated by commas', (plain) =>
    PAIRS.test(plain) && decodes(plain) ? new Secret(plain) : undefined,
  )
}

/** What such text says; none for an empty one. */
export function readPairs(text: string): Record<string, string> {
  const given = text.split(',').filter((pair) => pair.includes('='))
  return Object.fromEntries(
    given.map((pair) => {
      const at = pair.indexOf('=')
      return [pair.slice(0, at).trim(), decodeURIComponent(pair.slice(at + 1).trim())]
    }),
  )
}

function decodes(text: string): boolean {
  return !/%(?![\da-f]{2})/i.test(text)
}

/** A base URL: http or https, its trailing slash removed. */
export function url() {
  return parsed('must be an http or https URL', (address) =>
    readUrl(address, ['http:', 'https:']) === undefined ? undefined : address.replace(/\/+$/, ''),
  )
}

/** A URL that decides whom we believe: https, or http that never leaves this host. */
export function trustedUrl() {
  return parsed('must be an https URL, or an http URL on loopback', (address) => {
    const found = readUrl(address, ['http:', 'https:'])
    const isSafe = found?.protocol === 'https:' || isLoopbackHost(found?.hostname)
    return isSafe ? address.replace(/\/+$/, '') : undefined
  })
}

export function redisUrl() {
  return parsed('must be a redis:// or rediss:// URL with a host', (address) =>
    readUrl(address, ['redis:', 'rediss:'])?.hostname ? new Secret(address) : undefined,
  )
}

export function hostOf(address: string): string | undefined {
  return URL.parse(address)?.hostname
}

/** True for an address that never leaves this host. A name that merely contains one is none. */
export function isLoopbackHost(host: string | undefined): boolean {
  return host !== undefined && /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/i.test(host)
}

function readUrl(address: string, protocols: readonly string[]): URL | undefined {
  const found = URL.parse(address)
  return found !== null && protocols.includes(found.protocol) ? found : undefined
}
