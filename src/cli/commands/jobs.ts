import type { Command } from 'commander'
import { Option } from 'commander'
import * as z from 'zod'
import { ask, type ConnectionFlags, connectionOf, withConnection } from '../connection.ts'
import type { CommandContext } from '../context.ts'
import { ageOf, paintStatus } from '../output.ts'

const jobSchema = z.looseObject({
  job_id: z.string(),
  status: z.string(),
  stage: z.string(),
  lane: z.string(),
  attempt: z.number(),
  generation: z.number(),
  revivals: z.number(),
  created_at: z.string(),
  progress_at: z.string(),
  segments: z.object({
    total: z.number(),
    successful: z.number(),
    silent: z.number(),
    failed: z.number(),
  }),
  reason_code: z.string().optional(),
  waiting_for: z.string().optional(),
  last_error: z.string().optional(),
})
type Job = z.infer<typeof jobSchema>
const pageSchema = z.object({ jobs: z.array(jobSchema), next_cursor: z.string().optional() })
const sheetSchema = jobSchema.extend({
  task: z.string(),
  has_manifest: z.boolean(),
  has_outcome: z.boolean(),
  files: z.array(
    z.object({
      name: z.string(),
      plan: z.string(),
      segments: z.array(
        z.object({ verdict: z.string(), started_at: z.string(), finished_at: z.string() }),
      ),
    }),
  ),
  events: z.array(z.looseObject({ at: z.string(), name: z.string() })),
})

type ListFlags = ConnectionFlags & {
  readonly json: boolean
  readonly state: string
  readonly user?: string
  readonly lane?: string
  readonly reason?: string
  readonly limit: string
  readonly cursor?: string
}

export function jobsCommand(program: Command, context: CommandContext): void {
  const jobs = program.command('jobs').description('see jobs, and put them right by hand')
  withConnection(jobs.command('list'))
    .description('jobs of one state, newest first')
    .addOption(
      new Option('--state <state>', 'live are those queued or processing')
        .choices(['live', 'completed', 'partial_failure', 'failed'])
        .default('live'),
    )
    .option('--user <uid>', 'only this user')
    .addOption(new Option('--lane <lane>', 'only this lane').choices(['fresh', 'backfill']))
    .option('--reason <code>', 'only with this reason code')
    .option('--limit <n>', 'jobs a page, up to 100', '50')
    .option('--cursor <cursor>', 'go on where the last page ended')
    .option('--json', 'the answer as JSON', false)
    .action((flags: ListFlags) => list(context, flags))
  withConnection(jobs.command('show <job>'))
    .description('everything known of one job: state, files, segments, task, timeline')
    .option('--json', 'the answer as JSON', false)
    .action((jobId: string, flags: ConnectionFlags & { json: boolean }) =>
      show(context, jobId, flags),
    )
  act(context, jobs, 'requeue', 'queue a job again as a new generation; its worker is fenced')
  act(context, jobs, 'fail', 'end a job now; what landed stays landed')
  act(context, jobs, 'cancel', 'end a job as its user would; a re-upload by habit meets the end')
}

async function list({ output, now }: CommandContext, flags: ListFlags): Promise<void> {
  const query = new URLSearchParams({ state: flags.state, limit: flags.limit })
  for (const name of ['user', 'lane', 'reason', 'cursor'] as const) {
    const value = flags[name]
    if (value !== undefined) query.set(name, value)
  }
  const answer = await ask(connectionOf(flags), `/v2/admin/jobs?${query}`)
  if (flags.json) return output.json(answer)
  const { jobs, next_cursor: next } = pageSchema.parse(answer)
  if (jobs.length === 0) return output.line('No such jobs.')
  output.table(
    ['JOB', 'STATUS', 'STAGE', 'LANE', 'SEGMENTS', 'ATTEMPT', 'GEN', 'AGE', 'PROGRESS', 'REASON'],
    jobs.map((job) => [
      job.job_id,
      paintStatus(output, job.status),
      job.stage,
      job.lane,
      segmentsOf(job),
      String(job.attempt),
      String(job.generation),
      ageOf(job.created_at, now()),
      `${ageOf(job.progress_at, now())} ago`,
      job.reason_code ?? job.waiting_for ?? '',
    ]),
  )
  if (next) output.note(`\nMore: --cursor ${next}`)
}

function segmentsOf({ segments: { total, successful, silent, failed } }: Job): string {
  return `${successful + silent}/${total}${failed > 0 ? ` (${failed} failed)` : ''}`
}

async function show(
  { output, now }: CommandContext,
  jobId: string,
  flags: ConnectionFlags & { readonly json: boolean },
): Promise<void> {
  const answer = await ask(connectionOf(flags), `/v2/admin/jobs/${encodeURIComponent(jobId)}`)
  if (flags.json) return output.json(answer)
  const sheet = sheetSchema.parse(answer)
  const facts: [string, string][] = [
    ['job', sheet.job_id],
    ['status', `${paintStatus(output, sheet.status)}, ${sheet.stage}`],
    ['segments', segmentsOf(sheet)],
    ['age', `${ageOf(sheet.created_at, now())}, progress ${ageOf(sheet.progress_at, now())} ago`],
    [
      'runs',
      `attempt ${sheet.attempt}, generation ${sheet.generation}, ${sheet.revivals} revivals`,
    ],
    ['task', sheet.task],
    ['durable', `manifest ${there(sheet.has_manifest)}, outcome ${there(sheet.has_outcome)}`],
    ['reason', sheet.reason_code ?? sheet.waiting_for ?? ''],
    ['last error', sheet.last_error ?? ''],
  ]
  for (const [title, text] of facts) if (text) output.line(`${title.padEnd(12)}${text}`)
  for (const file of sheet.files) {
    const verdicts = file.segments.map(({ verdict }) => verdict)
    output.line(`${'file'.padEnd(12)}${file.name}: ${file.plan} ${verdicts.join(' ')}`)
  }
  output.line('')
  output.table(
    ['AT', 'EVENT', 'FACTS'],
    sheet.events.map(({ at, name, ...facts }) => [at, name, describe(facts)]),
  )
}

function there(is: boolean): string {
  return is ? 'there' : 'gone'
}

function describe(facts: Readonly<Record<string, unknown>>): string {
  return Object.entries(facts)
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(' ')
}

function act(
  { output }: CommandContext,
  jobs: Command,
  kind: 'requeue' | 'fail' | 'cancel',
  description: string,
): void {
  withConnection(jobs.command(`${kind} <job>`))
    .description(description)
    .requiredOption('--reason <text>', 'why; stands in the timeline and in the log')
    .option('--json', 'the job afterwards as JSON', false)
    .action(
      async (
        jobId: string,
        { reason, json, ...flags }: ConnectionFlags & { reason: string; json: boolean },
      ) => {
        const path = `/v2/admin/jobs/${encodeURIComponent(jobId)}/${kind}`
        const answer = await ask(connectionOf(flags), path, { method: 'POST', body: { reason } })
        if (json) return output.json(answer)
        const job = jobSchema.parse(answer)
        output.line(`${job.job_id} is ${paintStatus(output, job.status)}`)
      },
    )
}
