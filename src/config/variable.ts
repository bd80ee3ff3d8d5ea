/** One row: what an operator must know of a variable. Every value arrives as text. */
export interface Variable {
  /** Used when the variable is unset or empty. */
  readonly default?: string
  readonly required?: true
  /** Never printed, not even in a fault. */
  readonly secret?: true
  /** Unit and meaning; for a limit also what a lower and a higher value cost. */
  readonly doc: string
}

export const setting = (value: string, doc: string) => ({ default: value, doc }) as const
export const optional = (doc: string) => ({ doc }) as const
export const required = (doc: string) => ({ required: true, doc }) as const
export const optionalSecret = (doc: string) => ({ secret: true, doc }) as const
export const requiredSecret = (doc: string) => ({ required: true, secret: true, doc }) as const
