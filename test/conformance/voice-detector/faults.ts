/** What the faulty thread does; `nan` answers with numbers that are none, `short` with too few. */
export const FAULTS = ['none', 'crash', 'throw', 'nan', 'short'] as const
export type Fault = (typeof FAULTS)[number]
