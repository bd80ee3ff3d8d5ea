import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { Clock } from '../../ports/index.ts'

/** One HTTP/1.1 request to a task's target. */
export interface Delivery {
  readonly url: string
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  readonly deadlineMs: number
  /** Breaks the connection after so long; 0 when the answer begins. */
  readonly resetAfterMs?: number | undefined
  readonly signal: AbortSignal
}

/** `status` is what the queue takes down: 504 timed out, 503 not reached or cut off. */
export interface DeliveryOutcome {
  readonly status: number
  readonly isAnswer: boolean
}

const TIMED_OUT: DeliveryOutcome = { status: 504, isAnswer: false }
const UNREACHED: DeliveryOutcome = { status: 503, isAnswer: false }

/** Never rejects but for an aborted `signal`. Whatever ends it, the connection is dropped. */
export async function deliver(delivery: Delivery, clock: Clock): Promise<DeliveryOutcome> {
  const ended = new AbortController()
  const signal = AbortSignal.any([ended.signal, delivery.signal])
  const racers = [
    answerOf(delivery, signal),
    clock.sleep(delivery.deadlineMs, signal).then(() => TIMED_OUT),
  ]
  if (delivery.resetAfterMs) {
    racers.push(clock.sleep(delivery.resetAfterMs, signal).then(() => UNREACHED))
  }
  try {
    return await Promise.race(racers)
  } finally {
    ended.abort()
  }
}

/** Redirects are not followed: their 3xx is the answer, and a failure. */
function answerOf(delivery: Delivery, signal: AbortSignal): Promise<DeliveryOutcome> {
  return new Promise((resolve) => {
    const unreached = () => resolve(UNREACHED)
    const { method, headers } = delivery
    try {
      const url = new URL(delivery.url)
      const send = url.protocol === 'https:' ? requestHttps : requestHttp
      // A connection each: a pooled one that its server has just closed would count as a failure.
      const req = send(url, { method, headers, agent: false, signal })
      req.on('error', unreached)
      req.on('response', (res) => {
        res.on('error', unreached).on('close', unreached)
        if (delivery.resetAfterMs === 0) {
          res.destroy()
          return
        }
        res.on('end', () => resolve({ status: res.statusCode ?? 503, isAnswer: true })).resume()
      })
      req.end(delivery.body)
    } catch {
      unreached()
    }
  })
}
