import type { Response } from 'express'
import { ClientGoneError } from './errors.ts'

/** Aborted when the connection closes before the answer was sent. */
export function requestSignal(res: Response): AbortSignal {
  const gone = new AbortController()
  res.once('close', () => {
    if (!res.writableFinished) gone.abort(new ClientGoneError())
  })
  return gone.signal
}
