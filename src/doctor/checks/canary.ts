import type { ApiClient, JobStatus, UploadFile } from '../../client/index.ts'
import type { Clock } from '../../ports/index.ts'
import { type Check, createCheck, type Judgement } from '../finding.ts'

export interface CanaryParties {
  /** Of the user whose job it is; its calls end with the signal. */
  client(signal: AbortSignal): ApiClient
  readonly recording: UploadFile
  readonly clock: Clock
  readonly waitMs: number
}

interface Flight {
  readonly jobId: string
  readonly last: JobStatus | undefined
  readonly isOver: boolean
  readonly ms: number
}

const ENDED = ['completed', 'partial_failure', 'failed']

/** One job from its upload to its end, as an app sees it; cancelled when it does not come there. */
export function canaryCheck(parties: CanaryParties): Check {
  return createCheck({
    name: 'canary job',
    must: 'an upload is accepted',
    mend: 'the words say why; a user is proven by --token (a Firebase ID token, or dev:<name> on a local stack); --no-canary leaves it out',
    inspect: (signal) => fly(parties, signal),
    judge: (flight) => judge(flight, parties.waitMs),
  })
}

async function fly(parties: CanaryParties, signal: AbortSignal): Promise<Flight> {
  const { clock, recording, waitMs } = parties
  const startedMs = clock.monotonicMs()
  const over = new AbortController()
  const ended = new AbortController()
  const flying = AbortSignal.any([signal, over.signal])
  const late = clock.sleep(waitMs, ended.signal).then(
    () => over.abort(new Error('the canary took too long')),
    () => undefined,
  )
  const client = parties.client(flying)
  let jobId = ''
  let last: JobStatus | undefined
  try {
    jobId = await client.upload([recording])
    for await (const status of client.follow(jobId)) last = status
  } catch (error) {
    if (!over.signal.aborted || jobId === '') throw error
  } finally {
    ended.abort()
    await late
  }
  const isOver = last !== undefined && ENDED.includes(last.status)
  if (!isOver) await parties.client(signal).cancel(jobId)
  return { jobId, last, isOver, ms: clock.monotonicMs() - startedMs }
}

function judge({ jobId, last, isOver, ms }: Flight, waitMs: number): Judgement {
  const seconds = (ms / 1_000).toFixed(1)
  if (last?.status === 'completed') {
    return { found: `completed in ${seconds} s`, shortfalls: [] }
  }
  if (isOver) {
    const reason = last?.reason_code ?? 'no reason'
    return {
      found: `ended as ${last?.status} (${reason}) in ${seconds} s`,
      shortfalls: [
        {
          code: 'canary_failed',
          must: 'the job completes',
          mend: `npm run cli -- jobs show ${jobId}; DEPLOY.md says what ${reason} means`,
        },
      ],
    }
  }
  const status = last?.status ?? 'queued'
  const where = status === 'queued' ? 'nobody runs it' : `it hangs at ${last?.stage}`
  return {
    found: `still ${status} after ${seconds} s; cancelled`,
    shortfalls: [
      {
        code: 'canary_stuck',
        must: `the job ends within ${waitMs / 1_000} s (--canary-seconds): ${where}`,
        mend:
          status === 'queued'
            ? `see the checks of the queue, the task endpoints and the audience; then npm run cli -- jobs show ${jobId}, and delivery_rejected in the log of the service`
            : `npm run cli -- jobs show ${jobId}, and its lines in the log of the service`,
      },
    ],
  }
}
