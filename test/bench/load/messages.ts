import * as z from 'zod'

/** What the service's process tells of itself, four times a second. */
const sampleSchema = z.object({
  kind: z.literal('sample'),
  atMs: z.number(),
  rssBytes: z.number(),
  externalBytes: z.number(),
  /** Of the last quarter of a second; the sampler's own interval taken off. */
  loopDelayMs: z.number(),
  /** All such delays since the last sample, for percentiles over longer stretches. */
  loopDelaysMs: z.array(z.number()),
  /** As much of each as the loop was at work itself, rather than waiting for a core. */
  ownDelaysMs: z.array(z.number()),
  renewals: z.number(),
  claimsLost: z.number(),
  attempts: z.number(),
})
export type LoadSample = z.infer<typeof sampleSchema>

/** `warm` comes once, when it listens and has loaded what it needs. */
export const fromServiceSchema = z.union([z.object({ kind: z.literal('warm') }), sampleSchema])
export type FromService = z.infer<typeof fromServiceSchema>

/** What the generator is asked to do. */
export const orderSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('uploads'),
    /** Users are told apart by it. */
    name: z.string(),
    count: z.int(),
    bytes: z.int(),
    /** Each body is sent in even parts over this time. */
    overMs: z.number(),
    /** Starts are spread over this time. */
    spreadMs: z.number(),
    speech: z.boolean(),
  }),
  z.object({
    kind: z.literal('polls'),
    jobIds: z.array(z.string()),
    perSecond: z.number(),
    forMs: z.number(),
  }),
])
export type Order = z.infer<typeof orderSchema>

const answerSchema = z.object({
  status: z.int(),
  code: z.string().optional(),
  retryAfterS: z.number().optional(),
  jobId: z.string().optional(),
  user: z.string(),
  ms: z.number(),
})
export type Answer = z.infer<typeof answerSchema>

export const resultSchema = z.object({ nth: z.int(), answers: z.array(answerSchema) })
