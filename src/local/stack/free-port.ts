import { createServer } from 'node:net'
import type { Clock } from '../../ports/index.ts'

const HOST = '127.0.0.1'
/** A service left by a killed launcher is ending and holds its port that long at most. */
const FREED_WITHIN_MS = 12_000
const POLL_MS = 100

/**
 * A port nobody listens on: any free one for 0, else the asked one, as soon as it is free. Needed
 * where the port must be known before its server starts.
 * @throws Error when the asked port stays taken
 */
export async function freePort(port: number, clock: Clock, signal?: AbortSignal): Promise<number> {
  const deadline = clock.monotonicMs() + FREED_WITHIN_MS
  for (;;) {
    const bound = await bindOnce(port)
    if (bound !== undefined) return bound
    if (clock.monotonicMs() > deadline) {
      throw new Error(`port ${port} is taken: name another one, or 0 for any free one`)
    }
    await clock.sleep(POLL_MS, signal)
  }
}

async function bindOnce(port: number): Promise<number | undefined> {
  const probe = createServer()
  const error = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    probe.once('error', resolve).listen(port, HOST, () => resolve(undefined))
  })
  if (error) {
    if (error.code === 'EADDRINUSE') return undefined
    throw error
  }
  const address = probe.address()
  await new Promise<void>((resolve) => void probe.close(() => resolve()))
  if (address === null || typeof address === 'string') throw new Error('no TCP address')
  return address.port
}
