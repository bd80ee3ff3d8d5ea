import * as z from 'zod'
import { type JobId, type JobRecord, parseJobId } from '../kernel/index.ts'
import type { JobStore } from '../ports/index.ts'
import { HttpError } from './errors.ts'

/** What an operator must say of whatever is done in their name. */
export const reasonSchema = z.object({ reason: z.string().trim().min(1).max(500) })

/** @throws HttpError 400 that names the field */
export function parse<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw invalid(`${[what, ...(issue?.path ?? [])].join('.')}: ${issue?.message ?? 'invalid'}`)
}

/** @throws HttpError 404 */
export function jobIdOf(text: string | undefined): JobId {
  const jobId = parseJobId(String(text))
  if (!jobId) throw unknownJob()
  return jobId
}

/** @throws HttpError 404 */
export async function recordOf(
  { operating }: { readonly operating: { readonly store: JobStore } },
  id: string | undefined,
): Promise<JobRecord> {
  const record = await operating.store.read(jobIdOf(id))
  if (!record) throw unknownJob()
  return record
}

export function invalid(message: string, options: ErrorOptions = {}): HttpError {
  return new HttpError(message, { ...options, status: 400, code: 'invalid_request' })
}

export function unknownJob(): HttpError {
  return new HttpError('the store holds no such job', { status: 404, code: 'job_not_found' })
}
