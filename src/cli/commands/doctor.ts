import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { parseEnv } from 'node:util'
import { type Command, InvalidArgumentError } from 'commander'
import { createApiClient } from '../../client/index.ts'
import {
  ambientEnvironment,
  type Config,
  ConfigError,
  readEnv,
  toConfig,
} from '../../config/index.ts'
import {
  type Check,
  canaryCheck,
  diagnose,
  type NamedFinding,
  silentRecording,
} from '../../doctor/index.ts'
import { SECOND_MS } from '../../kernel/index.ts'
import type { Clock } from '../../ports/index.ts'
import type { CommandContext } from '../context.ts'
import type { Output } from '../output.ts'

interface Doctor {
  /** Base URL of the service. */
  readonly url: string
  readonly checks: readonly Check[]
  close(): Promise<void>
}
type BuildDoctor = (
  config: Config,
  options: {
    readonly clock: Clock
    readonly url?: string | undefined
    readonly taskToken?: string | undefined
  },
) => Doctor

interface Flags {
  readonly envFile?: string
  readonly url?: string
  readonly token?: string
  readonly taskToken?: string
  /** False with --no-canary, a path with --canary. */
  readonly canary: boolean | string
  readonly canarySeconds: number
  readonly json: boolean
}

/** The first call to a vendor loads its code, too. */
const CHECK_TIMEOUT_MS = 30 * SECOND_MS
const LOCAL_USER = 'dev:doctor'

/** @param loadWiring the vendors' clients, loaded by this command alone */
export function doctorCommand(
  program: Command,
  context: CommandContext,
  loadWiring: () => Promise<{ readonly buildDoctor: BuildDoctor }>,
): void {
  program
    .command('doctor')
    .description(
      'look at everything the service stands on: what was found, what must hold, how to mend it',
    )
    .option(
      '--env-file <file>',
      "the service's variables, NAME=value a line, instead of this shell's",
    )
    .option('--url <url>', "base URL of the service; the configuration's if not given")
    .option(
      '--token <token>',
      'of the user whose job the canary is (SYNC_TOKEN); dev:doctor locally',
    )
    .option(
      '--task-token <token>',
      'of the invoker account, made out to the audience: tried on the service',
    )
    .option(
      '--canary <file>',
      'a recording to send instead of two silent seconds; it may be paid for',
    )
    .option('--no-canary', 'send no job')
    .option('--canary-seconds <n>', 'how long its job may take', toSeconds, 60)
    .option('--json', 'the findings as JSON', false)
    .addHelpText(
      'after',
      '\nIt reads the same variables as the service and looks from where it runs: run it with the ' +
        'environment, the account and the network of the service. A local stack writes its own down:\n' +
        '  npm run cli -- doctor --env-file .local/data/service.env\n' +
        'It ends 1 when something falls short or could not be looked at, 2 without a sound configuration.',
    )
    .action(async (flags: Flags) => {
      const { buildDoctor } = await loadWiring()
      await examine(context, flags, buildDoctor)
    })
}

async function examine(
  context: CommandContext,
  flags: Flags,
  buildDoctor: BuildDoctor,
): Promise<void> {
  const { clock, output, signal } = context
  const config = await readConfig(flags.envFile).catch((error: unknown) => {
    if (!(error instanceof ConfigError)) throw error
    output.note(error.message)
    context.exitCode(2)
    return undefined
  })
  if (!config) return
  const doctor = buildDoctor(config, { clock, url: flags.url, taskToken: flags.taskToken })
  try {
    const last =
      flags.canary === false
        ? undefined
        : await canaryOf(context, flags, { url: doctor.url, isDev: config.identity.devIdentity })
    const { checks } = doctor
    const limits = { clock, checkTimeoutMs: CHECK_TIMEOUT_MS, signal }
    const { healthy, findings } = await diagnose({ checks, last, ...limits })
    if (flags.json) output.json({ healthy, findings })
    else report(output, findings)
    if (!healthy) context.exitCode(1)
  } finally {
    await doctor.close()
  }
}

async function readConfig(envFile: string | undefined) {
  if (envFile === undefined) return toConfig(readEnv())
  return toConfig(readEnv(parseEnv(await readFile(envFile, 'utf8'))))
}

async function canaryOf(
  { clock, now }: CommandContext,
  { canary, canarySeconds, token }: Flags,
  service: { readonly url: string; readonly isDev: boolean },
): Promise<Check> {
  const user = token ?? ambientEnvironment()['SYNC_TOKEN'] ?? (service.isDev ? LOCAL_USER : '')
  const recording =
    typeof canary === 'string'
      ? { name: basename(canary), body: new Uint8Array(await readFile(canary)) }
      : silentRecording(now())
  const connection = { api: service.url, authorization: `Bearer ${user}`, clock }
  return canaryCheck({
    client: (signal) => createApiClient({ ...connection, signal }),
    recording,
    clock,
    waitMs: canarySeconds * SECOND_MS,
  })
}

/** Shares of the terminal's width; a pipe has room for long lines. */
const SHARES = [0.17, 0.23, 0.28, 0.32]
const PIPE_COLUMNS = 160
const LEAST_COLUMNS = 100

function report(output: Output, findings: readonly NamedFinding[]): void {
  const rows = findings.flatMap((finding) => rowsOf(output, finding))
  const columns = Math.max(LEAST_COLUMNS, output.columns ?? PIPE_COLUMNS)
  const widths = SHARES.map((share) => Math.floor(columns * share) - 1)
  output.table(['Check', 'Found', 'Must hold', 'How to mend it'], rows, widths)
  const short = findings.filter(({ verdict }) => verdict !== 'ok').length
  output.line(
    short === 0
      ? output.paint('green', `All ${findings.length} checks hold.`)
      : output.paint('red', `${short} of ${findings.length} checks fall short.`),
  )
}

/** A row a shortfall; what holds has the last columns to itself. */
function rowsOf(output: Output, finding: NamedFinding): (readonly string[])[] {
  const name = (style: 'green' | 'red' | 'yellow', mark: string) =>
    output.paint(style, `${mark} ${finding.check}`)
  switch (finding.verdict) {
    case 'ok':
      return [[name('green', 'ok'), finding.found, '', '']]
    case 'unknown':
      return [[name('yellow', '??'), finding.error, finding.must, finding.mend]]
    case 'short':
      return finding.shortfalls.map(({ must, mend }, at) =>
        at === 0 ? [name('red', '!!'), finding.found, must, mend] : ['', '', must, mend],
      )
  }
}

function toSeconds(text: string): number {
  const seconds = Number(text)
  if (seconds >= 1 && seconds <= 3_600) return seconds
  throw new InvalidArgumentError('seconds lie between 1 and 3600.')
}
