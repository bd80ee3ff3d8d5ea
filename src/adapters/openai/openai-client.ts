import { OpenAI } from 'openai'
import { MINUTE_MS } from '../../kernel/index.ts'

/**
 * Everything the client would take from the environment is said here. Its log is off: it holds
 * bodies. Its own timeout ends with the headers, so the one above is what counts.
 */
export function createClient(
  options: { readonly apiKey: string; readonly baseUrl?: string },
  timeoutMs: number,
): OpenAI {
  return new OpenAI({
    apiKey: options.apiKey,
    baseURL: options.baseUrl ?? 'https://api.openai.com/v1',
    organization: null,
    project: null,
    adminAPIKey: null,
    webhookSecret: null,
    logLevel: 'off',
    maxRetries: 0,
    timeout: timeoutMs + MINUTE_MS,
    // The API has no redirects; a portal's must not be followed with what we send.
    fetchOptions: { redirect: 'manual' },
  })
}
