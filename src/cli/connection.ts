import { type Command, Option } from 'commander'
import * as z from 'zod'
import { ambientEnvironment } from '../config/index.ts'

/** Where the service is and who asks. */
export interface Connection {
  readonly url: string
  /** The whole header. */
  readonly authorization: string
}

export interface ConnectionFlags {
  readonly url: string
  readonly token?: string
}

const LOCAL_URL = 'http://127.0.0.1:8080'
const LOCAL_TOKEN = 'dev:operator'

/** Every command that talks to a service takes these. */
export function withConnection(command: Command): Command {
  const environment = ambientEnvironment()
  return command
    .addOption(
      new Option('--url <url>', 'base URL of the service (SYNC_URL)').default(
        environment['SYNC_URL'] || LOCAL_URL,
      ),
    )
    .addOption(
      new Option(
        '--token <token>',
        'identity token, e.g. "$(gcloud auth print-identity-token)" (SYNC_TOKEN); ' +
          'a local stack takes dev:<name>',
      ).default(environment['SYNC_TOKEN'], 'dev:operator for a service on this machine'),
    )
}

/** @throws Error when a service elsewhere would be asked without a token */
export function connectionOf({ url, token }: ConnectionFlags): Connection {
  const parsed = URL.parse(url)
  if (!parsed || !/^https?:$/.test(parsed.protocol)) throw new Error(`--url: ${url} is no URL`)
  const isLocal = ['127.0.0.1', 'localhost', '[::1]'].includes(parsed.hostname)
  if (token === undefined && !isLocal) {
    throw new Error(`${parsed.host} wants a token: give --token or set SYNC_TOKEN`)
  }
  return {
    url: url.replace(/\/+$/, ''),
    authorization: `Bearer ${token ?? LOCAL_TOKEN}`,
  }
}

const refusalSchema = z.object({ code: z.string(), detail: z.string() })

/** One JSON request; undefined for an answer without a body. @throws Error with the service's own words and code */
export async function ask(
  { url, authorization }: Connection,
  path: string,
  request: { readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE'; readonly body?: unknown } = {},
): Promise<unknown> {
  const { method = 'GET', body } = request
  const answer = await fetch(`${url}${path}`, {
    method,
    headers: {
      authorization,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch((cause: unknown) => {
    throw new Error(`${url} does not answer`, { cause })
  })
  const text = await answer.text()
  if (answer.ok) return text === '' ? undefined : JSON.parse(text)
  const refusal = refusalSchema.safeParse(readJson(text))
  throw new Error(
    refusal.success
      ? `${refusal.data.detail} (${answer.status} ${refusal.data.code})`
      : `the service answered ${answer.status}`,
  )
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
