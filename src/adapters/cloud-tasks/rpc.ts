import type { CloudTasksClient } from '@google-cloud/tasks'
import type { Clock } from '../../ports/index.ts'
import { GRPC, isLostAnswer } from './grpc-status.ts'
import type { TasksClient } from './tasks-client.ts'

/** Queues answer a hiccup within this; lower repeats into it, higher delays the upload's answer. */
const FIRST_PAUSE_MS = 100

export interface CallOptions {
  readonly timeout: number
  readonly signal: AbortSignal
  /** The client's own retries, where it has some, would outlast our budget. */
  readonly retry: null
}

export interface Persistence {
  readonly client: TasksClient
  readonly clock: Clock
  /** For all tries together. Each may take its share of what is left. */
  readonly budgetMs: number
  readonly tries: number
  /** From 0 up to 1. */
  readonly random: () => number
}

/** How a call ended, and whether an earlier or this try of it may have had an effect unseen. */
export type CallOutcome<T> =
  | { readonly kind: 'answered'; readonly value: T }
  | {
      readonly kind: 'failed'
      readonly error: unknown
      /** A request went out before this one and was not answered. */
      readonly isAfterDoubt: boolean
      readonly wasSent: boolean
    }

/** No answer in time, whoever noticed. */
class DeadlineError extends Error {
  override name = 'DeadlineError'
  readonly code = GRPC.deadlineExceeded
}

/**
 * Repeats a call while its answers get lost. Never rejects for what the queue answered.
 * @throws `signal.reason` as soon as the signal aborts
 */
export async function callQueue<T>(
  persistence: Persistence,
  signal: AbortSignal | undefined,
  call: (client: CloudTasksClient, options: CallOptions) => Promise<T>,
): Promise<CallOutcome<T>> {
  const { clock, budgetMs, tries, random } = persistence
  const deadlineMs = clock.monotonicMs() + budgetMs
  let isAfterDoubt = false
  for (let triesLeft = tries; ; triesLeft -= 1) {
    const ms = (deadlineMs - clock.monotonicMs()) / triesLeft
    const sent = { yes: false }
    try {
      return { kind: 'answered', value: await callOnce(persistence, { ms, signal, sent }, call) }
    } catch (error) {
      signal?.throwIfAborted()
      const pauseMs = FIRST_PAUSE_MS * 2 ** (tries - triesLeft) * (0.5 + random() / 2)
      const isLast = triesLeft === 1 || clock.monotonicMs() + pauseMs >= deadlineMs
      const mayRepeat = isLostAnswer(error) || !sent.yes
      if (isLast || !mayRepeat) {
        return { kind: 'failed', error, isAfterDoubt, wasSent: sent.yes || isAfterDoubt }
      }
      isAfterDoubt ||= sent.yes
      await clock.sleep(pauseMs, signal)
    }
  }
}

async function callOnce<T>(
  { client, clock }: Persistence,
  limits: {
    readonly ms: number
    readonly signal: AbortSignal | undefined
    readonly sent: { yes: boolean }
  },
  call: (client: CloudTasksClient, options: CallOptions) => Promise<T>,
): Promise<T> {
  const { ms, signal, sent } = limits
  signal?.throwIfAborted()
  const over = new AbortController()
  const ended = Promise.withResolvers<never>()
  const end = (reason: unknown) => {
    over.abort(reason)
    ended.reject(reason)
  }
  const onAbort = () => end(signal?.reason)
  signal?.addEventListener('abort', onAbort, { once: true })
  const expiry = clock.sleep(ms, over.signal).then(
    () => end(new DeadlineError(`no answer within ${Math.round(ms)} ms`)),
    () => undefined,
  )
  const attempt = async () => {
    const ready = await client.ready()
    over.signal.throwIfAborted()
    sent.yes = true
    return call(ready, { timeout: ms, signal: over.signal, retry: null })
  }
  try {
    return await Promise.race([attempt(), ended.promise])
  } finally {
    signal?.removeEventListener('abort', onAbort)
    over.abort()
    await expiry
  }
}
