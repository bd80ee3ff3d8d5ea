import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe } from 'node:diagnostics_channel'
import { ClientRequest } from 'node:http'

/** Ties the HTTP requests that the vendor's client makes to the call they are made for. */
export interface RequestScopes {
  /** Runs `work`. Every request to the store that comes of it ends when `signal` aborts. */
  run<T>(signal: AbortSignal, work: () => T): T
}

/**
 * Rests on Node's `http.client.request.created` channel. Should a release of Node drop it, calls
 * still end in time; only their sockets linger.
 * @param apiEndpoint requests elsewhere are left alone: a token is fetched for everybody who waits
 */
export function createRequestScopes(apiEndpoint: string): RequestScopes {
  const host = new URL(apiEndpoint).hostname.replace(/^\[|\]$/g, '')
  const scopes = new AsyncLocalStorage<AbortSignal>()
  subscribe('http.client.request.created', (message) => {
    const signal = scopes.getStore()
    const request = requestOf(message)
    if (signal && request && request.host === host) endWith(signal, request)
  })
  return { run: (signal, work) => scopes.run(signal, work) }
}

function endWith(signal: AbortSignal, request: ClientRequest): void {
  const end = () => {
    request.destroy()
  }
  if (signal.aborted) {
    end()
    return
  }
  signal.addEventListener('abort', end, { once: true })
  request.once('close', () => signal.removeEventListener('abort', end))
}

function requestOf(message: unknown): ClientRequest | undefined {
  if (typeof message !== 'object' || message === null || !('request' in message)) return undefined
  return message.request instanceof ClientRequest ? message.request : undefined
}
