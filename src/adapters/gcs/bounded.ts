import type { Clock } from '../../ports/index.ts'

/** The time for one try is over. Proves nothing about its effect. */
class OutOfTimeError extends Error {
  override name = 'OutOfTimeError'
}

/** One for all: a fresh reason with its stack costs more than the rest of a limit. */
const ENDED = new Error('the try has ended')

/** Waits for `promise`, but no longer than until `signal` aborts; rejects with its reason then. */
export async function abortable<T>(
  signal: AbortSignal | undefined,
  promise: Promise<T>,
): Promise<T> {
  if (!signal) return promise
  const aborted = Promise.withResolvers<never>()
  const onAbort = () => aborted.reject(signal.reason)
  if (signal.aborted) onAbort()
  else signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([aborted.promise, promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

/**
 * Runs `work` for at most `ms`, or until `signal` aborts. The signal that `work` is given aborts when
 * it has ended, however it did, so that nothing of it runs on.
 * @throws OutOfTimeError
 */
export async function bounded<T>(
  clock: Clock,
  limits: { readonly ms: number; readonly signal?: AbortSignal | undefined },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  limits.signal?.throwIfAborted()
  const over = new AbortController()
  const onAbort = () => over.abort(limits.signal?.reason)
  limits.signal?.addEventListener('abort', onAbort, { once: true })
  const expiry = clock.after(limits.ms, () => {
    over.abort(new OutOfTimeError(`no answer within ${Math.round(limits.ms)} ms`))
  })
  try {
    return await abortable(over.signal, work(over.signal))
  } finally {
    limits.signal?.removeEventListener('abort', onAbort)
    expiry.cancel()
    over.abort(ENDED)
  }
}
