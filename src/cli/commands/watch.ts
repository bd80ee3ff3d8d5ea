import { SingleBar } from 'cli-progress'
import type { Command } from 'commander'
import {
  createApiClient,
  describeSegment,
  describeWait,
  type JobStatus,
} from '../../client/index.ts'
import { type ConnectionFlags, connectionOf, withConnection } from '../connection.ts'
import type { CommandContext } from '../context.ts'
import { paintStatus } from '../output.ts'

export function watchCommand(program: Command, context: CommandContext): void {
  withConnection(program.command('watch <job>'))
    .description('follow a job to its end; ends 1 unless it completed')
    .option('--json', 'one line of JSON a change', false)
    .action(async (jobId: string, { json, ...flags }: ConnectionFlags & { json: boolean }) => {
      const end = await followJob(context, connectionOf(flags), jobId, json)
      if (end?.status !== 'completed') context.exitCode(1)
    })
}

/** Shows every change: a bar on a terminal, else a line; the last status is returned. */
export async function followJob(
  context: CommandContext,
  connection: { readonly url: string; readonly authorization: string },
  jobId: string,
  isJson: boolean,
): Promise<JobStatus | undefined> {
  const { output, clock, signal } = context
  const { url: api, authorization } = connection
  const client = createApiClient({ api, authorization, clock, signal })
  const bar = process.stderr.isTTY && !isJson ? newBar() : undefined
  bar?.start(1, 0, { jobId, what: 'queued' })
  const tell = (text: string) => {
    // Above the bar, which is drawn again below it.
    if (bar) process.stderr.write('\r\u001b[K')
    output.note(`  ${text}`)
    bar?.render()
  }
  let last: JobStatus | undefined
  let shown = ''
  try {
    for await (const news of client.watch(jobId)) {
      if (news.event === 'segment') {
        if (!isJson) tell(describeSegment(news.segment))
        continue
      }
      const { status } = news
      last = status
      const what = describe(status, context.now())
      if (isJson) output.json(status)
      else if (bar) showBar(bar, status, what)
      else if (what !== shown) output.note(`${jobId} ${what}`)
      shown = what
    }
  } finally {
    bar?.stop()
  }
  if (last && !isJson) {
    output.line(`${jobId} ${paintStatus(output, last.status)} ${last.reason_code ?? ''}`.trimEnd())
    for (const error of last.result?.errors ?? []) output.line(`  ${error}`)
    for (const id of last.result?.new_memories ?? []) output.line(`  conversation ${id}`)
  }
  return last
}

function newBar(): SingleBar {
  return new SingleBar({
    format: '{jobId} {bar} {value}/{total} {what}',
    hideCursor: true,
    clearOnComplete: true,
    stream: process.stderr,
  })
}

function showBar(bar: SingleBar, status: JobStatus, what: string): void {
  bar.setTotal(Math.max(1, status.total_segments))
  bar.update(status.processed_segments, { what })
}

function describe(status: JobStatus, nowMs: number): string {
  const segments = status.total_segments
    ? [`${status.processed_segments} of ${status.total_segments} segments`]
    : []
  const wait = describeWait(status, nowMs)
  return `${status.status}: ${[status.stage, ...segments, ...(wait ? [wait] : [])].join(', ')}`
}
