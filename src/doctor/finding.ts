/** One thing that does not hold. */
export interface Shortfall {
  /** For machines: `queue_paused`. */
  readonly code: string
  readonly must: string
  /** What mends it: a command, a variable, a place to look. */
  readonly mend: string
}

/** What a look at one thing came to. `unknown` counts as short: nothing was proven. */
export type Finding =
  | { readonly verdict: 'ok'; readonly found: string }
  | { readonly verdict: 'short'; readonly found: string; readonly shortfalls: readonly Shortfall[] }
  | {
      readonly verdict: 'unknown'
      readonly error: string
      readonly must: string
      readonly mend: string
    }

/** Pure: facts in, words and shortfalls out. None of them: all is well. */
export interface Judgement {
  readonly found: string
  readonly shortfalls: readonly Shortfall[]
}

export interface Check {
  /** What is looked at: `queue sync-fresh`. */
  readonly name: string
  /** Never rejects for what the party does; a look that fails is `unknown`. */
  look(signal: AbortSignal): Promise<Finding>
}

export interface CheckSpec<Facts> {
  readonly name: string
  /** What holds once it can be looked at, and what to do when it cannot. */
  readonly must: string
  readonly mend: string
  inspect(signal: AbortSignal): Promise<Facts>
  judge(facts: Facts): Judgement
}

/** The look and the judgement in one; what is judged is never asked for twice. */
export function createCheck<Facts>(spec: CheckSpec<Facts>): Check {
  return {
    name: spec.name,
    look: async (signal) => {
      try {
        const { found, shortfalls } = spec.judge(await spec.inspect(signal))
        return shortfalls.length === 0
          ? { verdict: 'ok', found }
          : { verdict: 'short', found, shortfalls }
      } catch (error) {
        return { verdict: 'unknown', error: inWords(error), must: spec.must, mend: spec.mend }
      }
    },
  }
}

/** The shortfalls whose rule does not hold. */
export function unless(...rules: readonly (readonly [boolean, Shortfall])[]): Shortfall[] {
  return rules.flatMap(([holds, shortfall]) => (holds ? [] : [shortfall]))
}

const MAX_WORDS = 300

/** A cause says more than its wrapper: `fetch failed` alone helps nobody. */
function inWords(error: unknown): string {
  if (!(error instanceof Error)) return String(error).slice(0, MAX_WORDS)
  const { message, cause } = error
  const because = cause instanceof Error ? causeOf(cause) : ''
  const text = because && !message.includes(because) ? `${message}: ${because}` : message
  return text.slice(0, MAX_WORDS)
}

/** A refused connection has its words in its code alone. */
function causeOf(cause: Error): string {
  return cause.message || ('code' in cause ? String(cause.code) : cause.name)
}
