import type { Clock } from '../ports/index.ts'
import { type JobNews, readNews } from './job-news.ts'
import { readJson } from './read-json.ts'

const RECONNECT_AFTER_MS = 300

/**
 * What happens to a job until its end, over any restart of the service: a stream that broke goes on
 * after the last event that was read.
 */
export async function* followJob(
  {
    authorization,
    clock,
    signal,
  }: { readonly authorization: string; readonly clock: Clock; readonly signal: AbortSignal },
  url: string,
): AsyncGenerator<JobNews, void, undefined> {
  let lastId: string | undefined
  for (;;) {
    const headers = { authorization, ...(lastId === undefined ? {} : { 'last-event-id': lastId }) }
    const answer = await fetch(url, { headers, signal }).catch(unreachable)
    if (answer?.ok && answer.body) {
      for await (const { id, event, data } of readEvents(answer.body)) {
        lastId = id ?? lastId
        const news = readNews(event, data)
        if (!news) continue
        yield news
        if (news.event === 'status' && !['queued', 'processing'].includes(news.status.status))
          return
      }
    } else if (answer && answer.status < 500) await readJson(answer)
    // The service is being started again, or its store was away for a moment.
    await clock.sleep(RECONNECT_AFTER_MS, signal)
  }
}

interface ServerSentEvent {
  readonly id: string | undefined
  readonly event: string
  readonly data: string
}

/** Events of one connection, until it ends or breaks; comments are left out. */
async function* readEvents(
  body: NonNullable<Response['body']>,
): AsyncGenerator<ServerSentEvent, void, undefined> {
  let text = ''
  const chunks = body.pipeThrough(new TextDecoderStream()).getReader()
  for (;;) {
    const { done, value } = await chunks.read().catch(() => ({ done: true, value: undefined }))
    if (done) return
    const events = (text + (value ?? '')).split('\n\n')
    text = events.pop() ?? ''
    for (const event of events) {
      const lines = event.split('\n')
      const field = (name: string) =>
        lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2)
      const data = field('data')
      if (data !== undefined) yield { id: field('id'), event: field('event') ?? 'message', data }
    }
  }
}

/** A broken connection is tried again; an abort is not. */
function unreachable(error: unknown): undefined {
  if (error instanceof Error && error.name === 'TypeError') return undefined
  throw error
}
