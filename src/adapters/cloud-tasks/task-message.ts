import type { protos } from '@google-cloud/tasks'
import type { NewTask } from '../../ports/index.ts'

export interface TaskTarget {
  /** Full URL the queue pushes to. */
  readonly handlerUrl: string
  /** Who the queue shall be, and to whom. Left out, the audience would be the whole URL. */
  readonly oidc: { readonly audience: string; readonly serviceAccountEmail: string }
  /** The queue's patience with one delivery: 15 s to 30 min. */
  readonly dispatchDeadlineSeconds: number
}

/** @param name the task's full resource name */
export function taskMessage(
  target: TaskTarget,
  name: string,
  task: NewTask<unknown>,
): protos.google.cloud.tasks.v2.ITask {
  const { handlerUrl, oidc, dispatchDeadlineSeconds } = target
  const { notBefore, payload, headers } = task
  return {
    name,
    dispatchDeadline: { seconds: dispatchDeadlineSeconds },
    ...(notBefore === undefined ? {} : { scheduleTime: timestamp(notBefore) }),
    httpRequest: {
      url: handlerUrl,
      httpMethod: 'POST',
      headers: { ...headers, 'Content-Type': 'application/json' },
      body: Buffer.from(JSON.stringify(payload)).toString('base64'),
      oidcToken: { ...oidc },
    },
  }
}

function timestamp(epochMs: number) {
  const seconds = Math.floor(epochMs / 1_000)
  return { seconds, nanos: Math.round((epochMs - seconds * 1_000) * 1_000_000) }
}
