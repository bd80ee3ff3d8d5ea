import * as z from 'zod'

/** What the harness tells a service process, and what it hears back, over the process channel. */
const crashPointSchema = z.object({
  step: z.string(),
  /** From 1, counted since the order. */
  occurrence: z.int().min(1),
  moment: z.enum(['before', 'after']),
})
export type CrashPoint = z.infer<typeof crashPointSchema>

const moodSchema = z.object({
  /** `error`: one failure worth a retry; `busy`: one 429; `refused`: our key, from then on. */
  fails: z.enum(['error', 'busy', 'refused']),
  /** Which call since the order, from 1. */
  call: z.int().min(1),
})
export type ProviderMood = z.infer<typeof moodSchema>

export const orderSchema = z.discriminatedUnion('kind', [
  /** Connect and listen: until then the process stands by. */
  z.object({ kind: z.literal('listen') }),
  /** Count steps anew; die at `point`, or only count when there is none. */
  z.object({
    kind: z.literal('arm'),
    point: crashPointSchema.optional(),
    mood: moodSchema.optional(),
  }),
])
export type Order = z.infer<typeof orderSchema>

export const reportSchema = z.object({ kind: z.enum(['standby', 'listening', 'armed']) })
export type Report = z.infer<typeof reportSchema>

/** One line of the step file: written before the process goes on, so that a kill loses nothing. */
export const stepLineSchema = z.object({
  pid: z.int(),
  at: z.number(),
  step: z.string(),
  moment: z.enum(['before', 'after', 'armed', 'killed']),
  /** Occurrence of this step since the process was armed, or since it started. */
  n: z.int(),
})
export type StepLine = z.infer<typeof stepLineSchema>

/** One line of the provider's ledger. */
export const callLineSchema = z.object({
  pid: z.int(),
  at: z.number(),
  /** The text that this audio becomes. */
  text: z.string(),
  what: z.enum(['asked', 'answered', 'failed', 'aborted']),
})
export type CallLine = z.infer<typeof callLineSchema>
