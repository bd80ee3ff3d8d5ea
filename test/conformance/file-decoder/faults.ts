/** What the faulty thread does; `idle` takes a file and then does nothing. */
export const FAULTS = ['none', 'crash', 'throw', 'hang', 'idle'] as const
export type Fault = (typeof FAULTS)[number]
