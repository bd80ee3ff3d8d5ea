import * as z from 'zod'

const instant = z.coerce.date().transform((date) => date.getTime())

export const statusSchema = z.object({
  job_id: z.string(),
  status: z.enum(['queued', 'processing', 'completed', 'partial_failure', 'failed']),
  stage: z.string(),
  total_files: z.number(),
  total_segments: z.number(),
  processed_segments: z.number(),
  attempt: z.number(),
  reason_code: z.string().optional(),
  waiting_for: z.string().optional(),
  waiting_since: instant.optional(),
  /** Whole seconds from now. */
  retry_after: z.number().optional(),
  estimated_seconds_remaining: z.number().optional(),
  /** How the summaries of its conversations stand. */
  enrichment: z.enum(['none', 'pending', 'running', 'done', 'failed']),
  enrichment_reason_code: z.string().optional(),
  result: z.object({ errors: z.array(z.string()), new_memories: z.array(z.string()) }).optional(),
})
/** Instants are epoch ms. */
export type JobStatus = z.infer<typeof statusSchema>

const segmentSchema = z.object({
  segment_id: z.string(),
  verdict: z.enum(['landed', 'silent', 'failed']),
  reason_code: z.string().optional(),
  file: z.string().optional(),
  started_at: instant.optional(),
  finished_at: instant.optional(),
  conversation_id: z.string().optional(),
  text: z.string().optional(),
})
/** What became of one segment. Instants are epoch ms. */
export type JobSegment = z.infer<typeof segmentSchema>

export type JobNews =
  | { readonly event: 'status'; readonly status: JobStatus }
  | { readonly event: 'segment'; readonly segment: JobSegment }

/** Undefined for an event this client has no use for. @throws ZodError for one that it cannot read */
export function readNews(event: string, data: string): JobNews | undefined {
  if (event === 'status') return { event, status: statusSchema.parse(JSON.parse(data)) }
  if (event === 'segment') return { event, segment: segmentSchema.parse(JSON.parse(data)) }
  return undefined
}
