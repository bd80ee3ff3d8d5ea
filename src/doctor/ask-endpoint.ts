import * as z from 'zod'
import type { Clock } from '../ports/index.ts'

export interface EndpointAnswer {
  readonly status: number
  /** The code or result in a body of ours; undefined when somebody else answered. */
  readonly word: string | undefined
  /** What a refusal says of itself. */
  readonly detail: string | undefined
  /** The answer's `Date`, epoch ms, cut to the second. */
  readonly dateMs: number | undefined
  /** Epoch ms by our clock. */
  readonly askedAt: number
  readonly answeredAt: number
}

export interface EndpointQuestion {
  readonly url: string
  readonly method: 'GET' | 'POST'
  readonly authorization?: string | undefined
  readonly clock: Clock
  readonly signal: AbortSignal
}

const bodySchema = z.object({
  result: z.string().optional(),
  code: z.string().optional(),
  status: z.string().optional(),
  detail: z.string().optional(),
})

/** An HTTP date. */
const instantSchema = z.coerce.date().transform((date) => date.getTime())

/** One request; a POST has an empty JSON object for its body. @throws what `fetch` throws */
export async function askEndpoint(question: EndpointQuestion): Promise<EndpointAnswer> {
  const { url, method, authorization, clock, signal } = question
  const askedAt = clock.now()
  const answer = await fetch(url, {
    method,
    redirect: 'manual',
    signal,
    headers: {
      ...(authorization === undefined ? {} : { authorization }),
      ...(method === 'POST' ? { 'content-type': 'application/json' } : {}),
    },
    ...(method === 'POST' ? { body: '{}' } : {}),
  })
  const answeredAt = clock.now()
  const body = bodySchema.safeParse(parseJson(await answer.text()))
  const { result, code, status, detail } = body.data ?? {}
  return {
    status: answer.status,
    word: result ?? code ?? status,
    detail,
    dateMs: instantSchema.safeParse(answer.headers.get('date') ?? '').data,
    askedAt,
    answeredAt,
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
