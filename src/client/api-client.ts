import * as z from 'zod'
import type { Clock } from '../ports/index.ts'

const statusSchema = z.object({
  job_id: z.string(),
  status: z.enum(['queued', 'processing', 'completed', 'partial_failure', 'failed']),
  stage: z.string(),
  total_files: z.number(),
  total_segments: z.number(),
  processed_segments: z.number(),
  attempt: z.number(),
  reason_code: z.string().optional(),
  waiting_for: z.string().optional(),
  /** How the summaries of its conversations stand. */
  enrichment: z.enum(['none', 'pending', 'running', 'done', 'failed']),
  enrichment_reason_code: z.string().optional(),
  result: z.object({ errors: z.array(z.string()), new_memories: z.array(z.string()) }).optional(),
})
export type JobStatus = z.infer<typeof statusSchema>

const acceptedSchema = z.object({ job_id: z.string(), status: z.string() })

const instant = z.coerce.date().transform((date) => date.getTime())
const spanOf = { started_at: instant, finished_at: instant, text: z.string() }
const conversationSchema = z.object({
  id: z.string(),
  ...spanOf,
  segments: z.array(z.object(spanOf)),
  enrichment: z.string(),
  title: z.string().optional(),
  overview: z.string().optional(),
  category: z.string().optional(),
  action_items: z.array(z.object({ description: z.string() })).default([]),
})
/** Instants are epoch ms. */
export type Conversation = z.infer<typeof conversationSchema>

const listSchema = z.object({ conversations: z.array(z.object({ id: z.string() })) })

/** A file as a phone sends it. */
export interface UploadFile {
  readonly name: string
  readonly body: Uint8Array<ArrayBuffer>
}

export interface ApiClient {
  /** @returns the job's id */
  upload(files: readonly UploadFile[]): Promise<string>
  /** Every change until the job has ended, over any restart of the service. */
  follow(jobId: string): AsyncGenerator<JobStatus, void, undefined>
  /** An ended job's status once its summaries are no longer at work. */
  summed(jobId: string): Promise<JobStatus>
  /** All of the user's, oldest first. */
  conversations(): Promise<Conversation[]>
}

export interface ApiClientOptions {
  readonly api: string
  /** The whole header, e.g. `Bearer dev:you`. */
  readonly authorization: string
  readonly clock: Clock
  readonly signal: AbortSignal
}

const RECONNECT_AFTER_MS = 300
const SUMMARY_LOOK_EVERY_MS = 250

/** What the phone's app does, over HTTP only. @throws Error with the service's own words */
export function createApiClient(options: ApiClientOptions): ApiClient {
  const { api, signal } = options
  const headers = { authorization: options.authorization }
  const get = async (path: string) => readJson(await fetch(`${api}${path}`, { headers, signal }))
  return {
    upload: async (files) => {
      const body = new FormData()
      for (const file of files) body.append('files', new Blob([file.body]), file.name)
      const request = { method: 'POST', headers, body, signal }
      const answer = await fetch(`${api}/v2/sync-local-files`, request)
      return acceptedSchema.parse(await readJson(answer)).job_id
    },
    follow: (jobId) => follow(options, `${api}/v2/sync-local-files/${jobId}/events`),
    summed: async (jobId) => {
      for (;;) {
        const status = statusSchema.parse(await get(`/v2/sync-local-files/${jobId}`))
        if (status.enrichment !== 'pending' && status.enrichment !== 'running') return status
        await options.clock.sleep(SUMMARY_LOOK_EVERY_MS, signal)
      }
    },
    conversations: async () => {
      const { conversations } = listSchema.parse(await get('/v2/conversations?limit=100'))
      const found = await Promise.all(conversations.map(({ id }) => get(`/v2/conversations/${id}`)))
      return found.map((one) => conversationSchema.parse(one)).reverse()
    },
  }
}

async function* follow(
  { authorization, clock, signal }: ApiClientOptions,
  url: string,
): AsyncGenerator<JobStatus, void, undefined> {
  for (;;) {
    const answer = await fetch(url, { headers: { authorization }, signal }).catch(unreachable)
    if (answer?.ok && answer.body) {
      for await (const status of readEvents(answer.body)) {
        yield status
        if (!['queued', 'processing'].includes(status.status)) return
      }
    } else if (answer && answer.status < 500) await readJson(answer)
    // The service is being started again, or its store was away for a moment.
    await clock.sleep(RECONNECT_AFTER_MS, signal)
  }
}

/** Statuses of one connection, until it ends or breaks. */
async function* readEvents(body: NonNullable<Response['body']>): AsyncGenerator<JobStatus, void> {
  let text = ''
  const chunks = body.pipeThrough(new TextDecoderStream()).getReader()
  for (;;) {
    const { done, value } = await chunks.read().catch(() => ({ done: true, value: undefined }))
    if (done) return
    const events = (text + (value ?? '')).split('\n\n')
    text = events.pop() ?? ''
    for (const event of events) {
      const line = event.split('\n').find((each) => each.startsWith('data: '))
      if (line !== undefined) yield statusSchema.parse(JSON.parse(line.slice('data: '.length)))
    }
  }
}

async function readJson(answer: Response): Promise<unknown> {
  const text = await answer.text()
  if (!answer.ok) throw new Error(`the service answered ${answer.status}: ${text}`)
  return JSON.parse(text)
}

/** A broken connection is tried again; an abort is not. */
function unreachable(error: unknown): undefined {
  if (error instanceof Error && error.name === 'TypeError') return undefined
  throw error
}
