import { setTimeout as delay } from 'node:timers/promises'
import * as z from 'zod'

const statusSchema = z.looseObject({
  job_id: z.string(),
  status: z.enum(['queued', 'processing', 'completed', 'partial_failure', 'failed']),
  total_segments: z.number(),
  processed_segments: z.number(),
  successful_segments: z.number(),
  silent_segments: z.number(),
  failed_segments: z.number(),
  attempt: z.number(),
  reason_code: z.string().optional(),
  error: z.string().optional(),
})
export type ClientStatus = z.infer<typeof statusSchema>

const acceptedSchema = z.object({ job_id: z.string(), status: z.string() })
const refusalSchema = z.object({ code: z.string() })
const listSchema = z.object({
  conversations: z.array(z.object({ id: z.string() })),
  next_cursor: z.string().nullish(),
})
const conversationSchema = z.object({
  segments: z.array(z.object({ id: z.string(), text: z.string() })),
})

/** A file as the phone sends it. */
export interface SampleFile {
  readonly name: string
  readonly body: Uint8Array<ArrayBuffer>
}

export interface LandedSegment {
  readonly id: string
  readonly text: string
}

/** What the phone's app sees of one user's account, and whatever it should never have seen. */
export interface AppClient {
  /** Sends the same upload until it is accepted. @returns its job, and how often it was sent */
  upload(files: readonly SampleFile[]): Promise<{ readonly jobId: string; readonly tries: number }>
  /** @returns undefined while nobody answers */
  status(jobId: string): Promise<ClientStatus | undefined>
  /** Every segment of every conversation; undefined while nobody answers. */
  segments(): Promise<readonly LandedSegment[] | undefined>
  /** Takes the job back, again and again until that is answered. */
  cancel(jobId: string): Promise<void>
  /** Deletes every conversation, each again and again until that is answered. */
  deleteConversations(): Promise<void>
}

const RETRY_AFTER_MS = 100
const ACCEPTED_WITHIN_MS = 30_000
const ANSWER_WITHIN_MS = 10_000
const PAGE = 100

export function createAppClient(options: {
  readonly api: string
  readonly uid: string
  /** Told of every answer that no client may get. */
  readonly onLie: (lie: string) => void
  /** Stores that refuse calls: a 503 with its code and `Retry-After` is the truth. Default false. */
  readonly mayBeUnavailable?: boolean
  /** Default 10 s. */
  readonly answerWithinMs?: number
  /** Default 30 s. */
  readonly acceptedWithinMs?: number
}): AppClient {
  const { api, uid, onLie, mayBeUnavailable = false } = options
  const { answerWithinMs = ANSWER_WITHIN_MS, acceptedWithinMs = ACCEPTED_WITHIN_MS } = options

  const ask = async (path: string, init: RequestInit = {}) => {
    try {
      const answer = await fetch(`${api}${path}`, {
        ...init,
        headers: { authorization: `Bearer dev:${uid}` },
        signal: AbortSignal.timeout(answerWithinMs),
      })
      const isPatient = answer.headers.has('retry-after')
      return { status: answer.status, isPatient, text: await answer.text() }
    } catch (error) {
      if (error instanceof Error && error.name === 'TimeoutError') {
        onLie(`${path}: no answer in ${answerWithinMs} ms`)
      }
      return undefined
    }
  }
  const read = async (path: string) => {
    const answer = await ask(path)
    if (answer === undefined) return undefined
    if (answer.status === 200) return JSON.parse(answer.text) as unknown
    const isUnavailable = answer.status === 503 && answer.isPatient && hasCode(answer.text)
    if (isUnavailable && mayBeUnavailable) return undefined
    onLie(`GET ${path} answered ${answer.status} ${answer.text.slice(0, 200)}`)
    return undefined
  }
  const erase = async (path: string) => {
    const deadline = performance.now() + acceptedWithinMs
    while (performance.now() < deadline) {
      const answer = await ask(path, { method: 'DELETE' })
      if (answer && answer.status < 300) return
      if (answer && answer.status < 500) onLie(`DELETE ${path} answered ${answer.status}`)
      await delay(RETRY_AFTER_MS)
    }
    throw new Error(`DELETE ${path} was not answered in ${acceptedWithinMs} ms`)
  }
  const send = async (files: readonly SampleFile[]) => {
    const body = new FormData()
    for (const file of files) body.append('files', new Blob([file.body]), file.name)
    const answer = await ask('/v2/sync-local-files', { method: 'POST', body })
    if (answer?.status === 202) return acceptedSchema.parse(JSON.parse(answer.text)).job_id
    if (answer && !hasCode(answer.text)) onLie(`an upload answered ${answer.status} and no code`)
    if (answer && answer.status < 500) onLie(`an upload was refused: ${answer.text.slice(0, 200)}`)
    return undefined
  }

  return {
    upload: async (files) => {
      const deadline = performance.now() + acceptedWithinMs
      for (let tries = 1; performance.now() < deadline; tries += 1) {
        const jobId = await send(files)
        if (jobId !== undefined) return { jobId, tries }
        await delay(RETRY_AFTER_MS)
      }
      throw new Error(`the upload was not accepted in ${acceptedWithinMs} ms`)
    },
    status: async (jobId) => {
      const found = await read(`/v2/sync-local-files/${jobId}`)
      return found === undefined ? undefined : statusSchema.parse(found)
    },
    segments: async () => {
      const ids = await listAll(read)
      const landed: LandedSegment[] = []
      for (const id of ids ?? []) {
        const one = await read(`/v2/conversations/${id}`)
        if (one === undefined) return undefined
        landed.push(...conversationSchema.parse(one).segments)
      }
      return ids && landed
    },
    cancel: (jobId) => erase(`/v2/sync-local-files/${jobId}`),
    deleteConversations: async () => {
      for (const id of (await listAll(read)) ?? []) await erase(`/v2/conversations/${id}`)
    },
  }
}

async function listAll(
  read: (path: string) => Promise<unknown>,
): Promise<readonly string[] | undefined> {
  const ids: string[] = []
  for (let cursor: string | undefined = ''; cursor !== undefined; ) {
    const query = new URLSearchParams({ limit: String(PAGE), ...(cursor ? { cursor } : {}) })
    const page = await read(`/v2/conversations?${query}`)
    if (page === undefined) return undefined
    const { conversations, next_cursor: next } = listSchema.parse(page)
    ids.push(...conversations.map(({ id }) => id))
    cursor = next ?? undefined
  }
  return ids
}

function hasCode(text: string): boolean {
  try {
    return refusalSchema.safeParse(JSON.parse(text)).success
  } catch {
    return false
  }
}
