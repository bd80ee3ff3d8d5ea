import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command, InvalidArgumentError, Option } from 'commander'
import ora from 'ora'
import { ambientEnvironment } from '../../src/config/index.ts'
import { findRedisServer } from '../../src/local/packages/index.ts'
import { onStopSignal } from '../../src/local/stack/index.ts'
import { PACES, type PaceName } from './paces.ts'
import { printReport } from './print-report.ts'
import { runSoak } from './soak.ts'
import type { SoakOptions, SoakProgress } from './soak-options.ts'

interface Flags {
  readonly uploads: number
  readonly faults: number
  readonly killEvery: number
  readonly instances: number
  readonly parallel: number
  readonly pace: PaceName
  readonly seed: number
  readonly json: boolean
}

const program = new Command('npm run soak --')
  .description(
    'Uploads to real service processes while calls to the stores, the queue and the provider go\n' +
      'wrong and a process is killed every few seconds; holds every end to the invariants I1 to I12.\n' +
      'Ctrl-C begins no further upload, and follows and judges those under way.',
  )
  .option('--uploads <count>', 'batches of one to three files', whole, 1_000)
  .option('--faults <share>', 'of the calls to every party, 0 to 1', share, 0.1)
  .option('--kill-every <time>', 'a SIGKILL so often, as 5s or 500ms; 0 kills nobody', time, 5_000)
  .option('--instances <count>', 'service processes', whole, 3)
  .option('--parallel <count>', 'uploads under way at once', whole, 32)
  .addOption(
    new Option('--pace <name>', 'leases and backoffs as deployed, or all made small')
      .choices(Object.keys(PACES))
      .default('default'),
  )
  .option('--seed <number>', 'of batches, faults and kills', whole, 1)
  .option('--json', 'the report as JSON on standard output', false)

async function main({ faults, killEvery, json, ...flags }: Flags): Promise<number> {
  const environment = ambientEnvironment()
  const redis = await findRedisServer({
    cacheFolder: fileURLToPath(new URL('../../.local/packages', import.meta.url)),
    environment,
    announce: (line) => say(`${line}\n`),
  })
  if ('missing' in redis) {
    say(`${redis.missing}\n`)
    return 1
  }
  const folder = await mkdtemp(join(tmpdir(), 'soak-'))
  const isShown = process.stderr.isTTY
  const spinner = ora({ stream: process.stderr, discardStdin: false, isSilent: !isShown })
  spinner.start('starting')
  const options: SoakOptions = {
    ...flags,
    faultShare: faults,
    killEveryMs: killEvery,
    folder,
    redis,
    environment,
    signal: onStopSignal().signal,
    onProgress: (progress) => {
      spinner.text = describeProgress(progress, flags.uploads)
    },
    onFault: (fault) => {
      spinner.clear()
      say(`RED ${fault}\n`)
    },
  }
  const report = await runSoak(options, (found) => {
    spinner.stop()
    process.stdout.write(json ? `${JSON.stringify(found, null, 2)}\n` : printReport(found))
  }).finally(() => spinner.stop())
  const isRed = report.faults.length > 0
  if (isRed) say(`What the services wrote is in ${folder}\n`)
  else await rm(folder, { recursive: true, force: true })
  return isRed ? 1 : 0
}

function describeProgress({ begun, ended, kills, faults }: SoakProgress, uploads: number): string {
  const red = faults > 0 ? `, ${faults} RED` : ''
  return `${ended} of ${uploads} ended, ${begun - ended} under way, ${kills} kills${red}`
}

function whole(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('not a whole number.')
  return Number(text)
}

function share(text: string): number {
  const value = Number(text)
  if (!(value >= 0 && value <= 1)) throw new InvalidArgumentError('not between 0 and 1.')
  return value
}

/** @returns ms */
function time(text: string): number {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)(ms|s)?$/.exec(text) ?? []
  if (digits === undefined) throw new InvalidArgumentError('not a time as 5s or 500ms.')
  return Number(digits) * (unit === 'ms' ? 1 : 1_000)
}

function say(text: string): void {
  process.stderr.write(text)
}

process.exitCode = await main(program.parse().opts<Flags>()).catch((error: unknown) => {
  say(`\n${error instanceof Error ? error.stack : error}\n`)
  return 1
})
