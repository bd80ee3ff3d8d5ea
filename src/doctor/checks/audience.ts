import type { Clock } from '../../ports/index.ts'
import { askEndpoint, type EndpointAnswer } from '../ask-endpoint.ts'
import { type Check, createCheck, type Judgement, unless } from '../finding.ts'

export interface AudienceFacts {
  readonly clock: Clock
  readonly audience: string
  readonly invokerEmail: string
  /** Where tasks are pushed to. */
  readonly handlerUrl: string
  readonly publicUrl: string | undefined
  /** Of the invoker account, made out to the audience; the service is shown it when given. */
  readonly taskToken: string | undefined
}

/** Tokens are made out to the service that they are shown to, and it believes them. */
export function audienceCheck(facts: AudienceFacts): Check {
  const { clock, handlerUrl, taskToken } = facts
  return createCheck({
    name: 'task audience',
    must: 'the service can be shown a token',
    mend: 'see that the service runs at SYNC_TASKS_HANDLER_URL',
    inspect: async (signal) => {
      if (taskToken === undefined) return undefined
      // A pass of recovery is safe at any time: the one deed of the invoker that needs no task.
      const url = handlerUrl.replace(/\/run(?=$|[?#])/, '/reap')
      return askEndpoint({
        url,
        method: 'POST',
        authorization: `Bearer ${taskToken}`,
        clock,
        signal,
      })
    },
    judge: (answer) => judge(facts, answer),
  })
}

function judge(facts: AudienceFacts, answer: EndpointAnswer | undefined): Judgement {
  const { audience, invokerEmail, handlerUrl, publicUrl } = facts
  const own = [new URL(handlerUrl).origin, ...(publicUrl === undefined ? [] : [publicUrl])]
  const isOwn = own.map(withoutSlash).includes(withoutSlash(audience))
  const proof =
    answer === undefined ? 'no token tried (--task-token)' : `its token: ${answer.status}`
  return {
    found: `${audience}; ${proof}`,
    shortfalls: unless(
      [
        isOwn,
        {
          code: 'audience_foreign',
          must: `the audience is the service's own address, ${own[0]}`,
          mend: `set SYNC_TASKS_OIDC_AUDIENCE=${own[0]} on the service, and the Scheduler job's audience with it`,
        },
      ],
      [
        answer === undefined || answer.status === 200,
        {
          code: 'token_refused',
          must: `the service believes a token of ${invokerEmail} for ${audience}${answer?.detail ? ` (${answer.detail})` : ''}`,
          mend: 'SYNC_TASKS_OIDC_AUDIENCE and SYNC_TASKS_INVOKER_SA of the running revision must be those of the queue and of the Scheduler job: deploy with the same values',
        },
      ],
    ),
  }
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '')
}
