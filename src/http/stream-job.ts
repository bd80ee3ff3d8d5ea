import type { Request, Response } from 'express'
import type { JobId, UidHash } from '../kernel/index.ts'
import type { Clock } from '../ports/index.ts'
import { projectNews, type StatusDeps, watchJob } from '../status/index.ts'
import { requestSignal } from './request-signal.ts'

export interface StreamDeps {
  readonly status: StatusDeps
  readonly clock: Clock
  readonly streamIntervalMs: number
  /** Proxies close a silent stream; a comment keeps it open. */
  readonly streamHeartbeatMs: number
  /** Aborted at shutdown: streams end, and clients come back to another instance. */
  readonly stop: AbortSignal
}

/** As the job's timeline names its lines. */
const EVENT_ID = /^\d{1,16}-\d{1,16}$/

/** Server-sent events of one job, after `Last-Event-ID` where the request has one of ours. */
export async function streamJob(
  deps: StreamDeps,
  req: Request,
  res: Response,
  user: { readonly uidHash: UidHash; readonly jobId: JobId },
): Promise<void> {
  const signal = AbortSignal.any([requestSignal(res), deps.stop])
  const done = new AbortController()
  // Kept alive after the stream's end, the connection would hold up a shutdown for seconds.
  res.set({
    'Content-Type': 'text/event-stream',
    'Cache-Control': 'no-store',
    Connection: 'close',
  })
  res.flushHeaders()
  const beating = beat(deps, res, AbortSignal.any([signal, done.signal]))
  const { clock, status } = deps
  const last = req.get('Last-Event-ID')
  const after = last !== undefined && EVENT_ID.test(last) ? last : undefined
  try {
    const watch = { ...status, clock, intervalMs: deps.streamIntervalMs }
    for await (const told of watchJob(watch, user, after, signal)) {
      const { event, data } = projectNews(told, clock.now(), status.pace)
      const id = told.eventId === undefined ? '' : `id: ${told.eventId}\n`
      res.write(`${id}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
    }
  } finally {
    done.abort()
    await beating
    res.end()
  }
}

async function beat(
  { clock, streamHeartbeatMs }: StreamDeps,
  res: Response,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await clock.sleep(streamHeartbeatMs, signal)
      res.write(': still here\n\n')
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }
}
