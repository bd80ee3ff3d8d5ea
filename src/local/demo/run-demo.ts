import {
  type ApiClient,
  createApiClient,
  describeSegment,
  describeWait,
  type JobStatus,
} from '../../client/index.ts'
import type { Clock } from '../../ports/index.ts'
import { describeEvent, type Stack, type StackEvent } from '../stack/index.ts'
import { type DemoFile, loadDemoFiles } from './demo-files.ts'
import { describeConversations, describeTotal } from './describe-results.ts'
import type { ProgressDisplay, ProgressLine } from './progress-display.ts'

export interface DemoOptions {
  readonly display: ProgressDisplay
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Starts the stack; its events are shown while the demo runs. */
  readonly start: (onEvent: (event: StackEvent) => void) => Promise<Stack>
  /** Kill the service in the middle of the work. */
  readonly kill: boolean
  readonly write: (text: string) => void
}

/** Characters of a segment that fit a line of a terminal. */
const MAX_NOTE = 76

/** `processing` begins before the first stage is told. */
const STAGES: Readonly<Record<string, string>> = {
  staged: 'safely stored, waiting for a worker',
  decoding: 'decoding',
  vad: 'looking for speech',
  transcribing: 'transcribing',
  finalizing: 'landing conversations',
}

/**
 * A phone's upload becomes conversations, shown step by step.
 * @throws Error when anything does not come out as it should
 */
export async function runDemo(options: DemoOptions): Promise<Stack> {
  const { display, clock, signal } = options
  const stack = await display.step('Starting the local stack', async (line) => {
    const started = await options.start((event) => {
      const text = describeEvent(event)
      if (text !== undefined) display.note(text)
    })
    line.title('Local stack started: Redis, GCS, Cloud Tasks, the service')
    return started
  })
  const client = createApiClient({ ...stack, authorization: 'Bearer dev:demo', clock, signal })
  const files = await loadDemoFiles(clock.now())
  const jobId = await display.step('Uploading', async (line) => {
    const kilobytes = files.reduce((sum, { body }) => sum + body.byteLength, 0) / 1_024
    line.title(`${files.length} recordings uploaded, ${kilobytes.toFixed(0)} KiB, accepted`)
    return client.upload(files)
  })
  for (const { name, recording } of files) {
    const damage =
      recording.damagedPackets > 0 ? `, ${recording.damagedPackets} packets damaged` : ''
    display.note(`${name}   ${recording.seconds.toFixed(0)} s${damage}`)
  }
  const ended = await display.step('Working', (line) =>
    watchJob(options, stack, client, jobId, line),
  )
  for (const error of ended.result?.errors ?? []) display.note(error)
  await display.step('Summing up', async (line) => {
    const { enrichment, enrichment_reason_code: why } = await client.summed(jobId)
    if (enrichment !== 'done')
      throw new Error(`the summaries are ${enrichment} (${why ?? 'no reason'})`)
    line.title('Conversations summed up, in a task of their own')
  })
  await showResults(options, stack, client, files)
  return stack
}

async function watchJob(
  options: DemoOptions,
  stack: Stack,
  client: ApiClient,
  jobId: string,
  line: ProgressLine,
): Promise<JobStatus> {
  let killedPid: number | undefined
  for await (const news of client.watch(jobId)) {
    if (news.event === 'segment') {
      options.display.note(shorten(describeSegment(news.segment)))
      continue
    }
    const { status } = news
    const { total_segments: total, processed_segments: processed, attempt } = status
    if (status.status === 'completed') {
      line.title(`${total} segments transcribed in ${attempt} attempt${attempt === 1 ? '' : 's'}`)
      return status
    }
    if (status.status !== 'queued' && status.status !== 'processing') {
      throw new Error(`the job ended as ${status.status} (${status.reason_code ?? 'no reason'})`)
    }
    if (options.kill && killedPid === undefined && isInTheMiddle(stack, status)) {
      killedPid = stack.servicePid()
      options.display.note(`kill -9 ${killedPid}: the service dies in the middle of the work`)
      stack.killService()
    }
    const stage = STAGES[status.stage] ?? status.stage
    const count = total === 0 ? '' : `, ${processed} of ${total} segments`
    const share = total === 0 ? 0 : processed / total
    const isWaiting = killedPid !== undefined && attempt === 1
    const wait = status.stage === 'staged' ? '' : describeWait(status, options.clock.now())
    line.update(
      isWaiting
        ? `killed${count}, the queue calls again in 18 s`
        : `${stage}${count}, attempt ${Math.max(1, attempt)}${wait ? `, ${wait}` : ''}`,
      share,
    )
  }
  throw new Error('the status stream ended before the job did')
}

function shorten(text: string): string {
  return text.length <= MAX_NOTE ? text : `${text.slice(0, MAX_NOTE - 1).trimEnd()}…`
}

/** With something landed and something left; without a recogniser there is hardly a middle. */
function isInTheMiddle(stack: Stack, status: JobStatus): boolean {
  if (status.status !== 'processing') return false
  return stack.speech.provider === 'spans' || status.processed_segments > 0
}

async function showResults(
  options: DemoOptions,
  stack: Stack,
  client: ApiClient,
  files: readonly DemoFile[],
): Promise<void> {
  const conversations = await client.conversations()
  const isTranscribed = stack.speech.provider === 'offline'
  options.write(`\n${describeConversations(conversations, files, isTranscribed)}\n`)
  options.write(
    isTranscribed
      ? `  In all, ${describeTotal(conversations, files)}.\n`
      : '  Without a recogniser a conversation shows when somebody spoke, not what they said.\n',
  )
  if (conversations.length !== 2) {
    throw new Error(`two conversations were expected, ${conversations.length} came out`)
  }
}
