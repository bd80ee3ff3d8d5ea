import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { SingleBar } from 'cli-progress'
import type { Command } from 'commander'
import * as z from 'zod'
import { parseAudioFileName } from '../../kernel/index.ts'
import { type ConnectionFlags, connectionOf, withConnection } from '../connection.ts'
import type { CommandContext } from '../context.ts'
import { followJob } from './watch.ts'

interface Flags extends ConnectionFlags {
  readonly conversation?: string
  readonly watch: boolean
  readonly json: boolean
}

interface Recording {
  readonly name: string
  readonly body: Uint8Array<ArrayBuffer>
}

/** The service's own defaults; a batch past them would be refused whole. */
const MAX_FILES = 20
const MAX_BYTES = 28 * 1024 * 1024

const acceptedSchema = z.looseObject({ job_id: z.string(), status: z.string() })
const refusalSchema = z.object({ code: z.string(), detail: z.string() })

export function uploadCommand(program: Command, context: CommandContext): void {
  withConnection(program.command('upload <files...>'))
    .description('upload .bin recordings as the app does, in batches, and follow their jobs')
    .option('--conversation <id>', 'attach to this conversation')
    .option('--no-watch', 'say the job ids and end')
    .option('--json', 'lines of JSON', false)
    .action((paths: string[], flags: Flags) => upload(context, paths, flags))
}

async function upload(context: CommandContext, paths: string[], flags: Flags): Promise<void> {
  const connection = connectionOf(flags)
  const recordings = await Promise.all(paths.map((path) => readRecording(path, context.now())))
  const jobs: string[] = []
  for (const batch of batchesOf(recordings)) {
    const accepted = await send(context, connection, batch, flags)
    if (flags.json) context.output.json(accepted)
    else context.output.line(`${accepted.job_id} ${accepted.status}, ${batch.length} files`)
    jobs.push(accepted.job_id)
  }
  if (!flags.watch) return
  for (const jobId of jobs) {
    const end = await followJob(context, connection, jobId, flags.json)
    if (end?.status !== 'completed') context.exitCode(1)
  }
}

/** @throws Error naming the file, before anything is sent */
async function readRecording(path: string, nowMs: number): Promise<Recording> {
  const name = basename(path)
  const parsed = parseAudioFileName(name, nowMs)
  if ('refused' in parsed) throw new Error(`${path}: ${parsed.refused}`)
  return { name, body: new Uint8Array(await readFile(path)) }
}

function batchesOf(recordings: readonly Recording[]): Recording[][] {
  const batches: Recording[][] = []
  let bytes = 0
  for (const recording of recordings) {
    const batch = batches.at(-1)
    bytes += recording.body.length
    if (batch && batch.length < MAX_FILES && bytes <= MAX_BYTES) batch.push(recording)
    else {
      batches.push([recording])
      bytes = recording.body.length
    }
  }
  return batches
}

async function send(
  { signal }: CommandContext,
  { url, authorization }: { readonly url: string; readonly authorization: string },
  batch: readonly Recording[],
  flags: Flags,
) {
  const form = new FormData()
  for (const { name, body } of batch) form.append('files', new Blob([body]), name)
  const encoded = new Response(form)
  const total = batch.reduce((sum, { body }) => sum + body.length, 0)
  const bar = process.stderr.isTTY && !flags.json ? newBar() : undefined
  bar?.start(total, 0)
  const query = flags.conversation
    ? `?conversation_id=${encodeURIComponent(flags.conversation)}`
    : ''
  const counted = encoded.body?.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform: (chunk, controller) => {
        bar?.increment(chunk.length)
        controller.enqueue(chunk)
      },
    }),
  )
  try {
    const request = {
      method: 'POST',
      headers: { authorization, 'content-type': encoded.headers.get('content-type') ?? '' },
      body: counted ?? null,
      duplex: 'half',
      signal,
    }
    const answer = await fetch(`${url}/v2/sync-local-files${query}`, request)
    const value: unknown = await answer.json()
    if (answer.ok) return acceptedSchema.parse(value)
    const refusal = refusalSchema.parse(value)
    const again = answer.headers.get('retry-after')
    const wait = again ? `; try again in ${again} s` : ''
    throw new Error(`refused: ${refusal.detail} (${answer.status} ${refusal.code}${wait})`)
  } finally {
    bar?.stop()
  }
}

function newBar(): SingleBar {
  return new SingleBar({
    format: 'uploading {bar} {percentage} %',
    clearOnComplete: true,
    stream: process.stderr,
  })
}
