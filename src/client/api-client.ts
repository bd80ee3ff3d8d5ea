import * as z from 'zod'
import type { Clock } from '../ports/index.ts'
import { followJob } from './follow-job.ts'
import { type JobNews, type JobStatus, statusSchema } from './job-news.ts'
import { readJson } from './read-json.ts'

const acceptedSchema = z.object({ job_id: z.string(), status: z.string() })

const instant = z.coerce.date().transform((date) => date.getTime())
const spanOf = { started_at: instant, finished_at: instant }
const conversationSchema = z.object({
  id: z.string(),
  ...spanOf,
  /** Empty when locked. */
  text: z.string().default(''),
  locked: z.boolean(),
  segments: z.array(z.object({ ...spanOf, text: z.string() })),
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
  /** Every change and every segment until the job has ended, over any restart of the service. */
  watch(jobId: string): AsyncGenerator<JobNews, void, undefined>
  /** Its statuses alone. */
  follow(jobId: string): AsyncGenerator<JobStatus, void, undefined>
  /** Takes the job back; nothing when it has ended. */
  cancel(jobId: string): Promise<void>
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

const SUMMARY_LOOK_EVERY_MS = 250

/** What the phone's app does, over HTTP only. @throws Error with the service's own words */
export function createApiClient(options: ApiClientOptions): ApiClient {
  const { api, signal } = options
  const headers = { authorization: options.authorization }
  const get = async (path: string) => readJson(await fetch(`${api}${path}`, { headers, signal }))
  const watch = (jobId: string) => followJob(options, `${api}/v2/sync-local-files/${jobId}/events`)
  return {
    upload: async (files) => {
      const body = new FormData()
      for (const file of files) body.append('files', new Blob([file.body]), file.name)
      const request = { method: 'POST', headers, body, signal }
      const answer = await fetch(`${api}/v2/sync-local-files`, request)
      return acceptedSchema.parse(await readJson(answer)).job_id
    },
    watch,
    follow: async function* (jobId) {
      for await (const news of watch(jobId)) if (news.event === 'status') yield news.status
    },
    cancel: async (jobId) => {
      const url = `${api}/v2/sync-local-files/${jobId}`
      await readJson(await fetch(url, { method: 'DELETE', headers, signal }))
    },
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
