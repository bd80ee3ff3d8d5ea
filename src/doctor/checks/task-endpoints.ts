import type { Clock } from '../../ports/index.ts'
import { askEndpoint, type EndpointAnswer } from '../ask-endpoint.ts'
import { type Check, createCheck, type Judgement, type Shortfall } from '../finding.ts'

export interface TaskEndpoints {
  readonly clock: Clock
  /** All routes that only a verified caller may use. */
  readonly urls: readonly string[]
}

interface Asked {
  readonly url: string
  readonly answer: EndpointAnswer
}

/** Whoever comes without a token is refused, and by the service itself (I10). */
export function taskEndpointsCheck({ clock, urls }: TaskEndpoints): Check {
  return createCheck({
    name: 'task endpoints',
    must: 'the service answers where tasks are pushed to',
    mend: 'see that the service runs, that SYNC_TASKS_HANDLER_URL is its address, and that its ingress is open to all',
    inspect: async (signal) =>
      Promise.all(
        urls.map(async (url) => ({
          url,
          answer: await askEndpoint({ url, method: 'POST', clock, signal }),
        })),
      ),
    judge,
  })
}

function judge(asked: readonly Asked[]): Judgement {
  const words = asked.map(
    ({ url, answer }) =>
      `${new URL(url).pathname} ${answer.status}${answer.word ? ` ${answer.word}` : ''}`,
  )
  return {
    found: words.join('; '),
    shortfalls: asked.flatMap(({ url, answer }) => shortfallOf(url, answer) ?? []),
  }
}

function shortfallOf(url: string, { status, word }: EndpointAnswer): Shortfall | undefined {
  const isRefusal = status === 401 || status === 403
  if (isRefusal && word === 'forbidden') return undefined
  if (isRefusal) {
    return {
      code: 'endpoint_private',
      must: `${url} is answered by the service itself: a private service gets tokens without their signatures, which prove nothing`,
      mend: 'terraform apply, or gcloud run services add-iam-policy-binding SERVICE --member=allUsers --role=roles/run.invoker; every route checks its caller itself',
    }
  }
  if (status === 404 || (status >= 300 && status < 400)) {
    return {
      code: 'endpoint_not_found',
      must: `${url} is a route of the service`,
      mend: 'set SYNC_TASKS_HANDLER_URL to the address of the service, without a redirect, ending in /v2/sync-jobs/run',
    }
  }
  if (status < 500) {
    return {
      code: 'endpoint_open',
      must: `${url} refuses a caller without a token: 403`,
      mend: 'whatever answers there is not this service, or lets anybody run jobs: take it off the network, then see SYNC_TASKS_HANDLER_URL and the image that is deployed',
    }
  }
  return {
    code: 'endpoint_failing',
    must: `${url} answers 403 to a caller without a token`,
    mend: `look in the log of the service for the ${status}`,
  }
}
