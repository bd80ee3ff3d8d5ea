import { inspect } from 'node:util'

const REDACTED = '[redacted]'

/**
 * A value that must not be printed. However it reaches a log (text, JSON, inspection, spread) it
 * reads `[redacted]`; only `reveal()` gives it away, where a client is built with it.
 */
export class Secret {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  reveal(): string {
    return this.#text
  }

  toString(): string {
    return REDACTED
  }

  toJSON(): string {
    return REDACTED
  }

  [inspect.custom](): string {
    return REDACTED
  }
}
