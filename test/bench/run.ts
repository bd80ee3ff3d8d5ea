import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { systemClock } from '../../src/adapters/system/system-clock.ts'
import { ambientEnvironment, refuseUsageReports } from '../../src/config/index.ts'
import { findRedisServer } from '../../src/local/packages/index.ts'
import type { Bench, BenchContext, BenchReport } from './bench.ts'
import { BENCHES } from './benches.ts'
import { printReport } from './print-report.ts'

interface Flags {
  readonly json: boolean
  readonly list: boolean
  readonly plots: boolean
  readonly strict: boolean
}

const program = new Command('npm run bench --')
  .description(
    'Measures the service beside its peers and its floor, in one run, and judges the ratios by the\n' +
      'goals. Without names every bench runs, one after the other.',
  )
  .argument('[names...]', `of: ${BENCHES.map(({ name }) => name).join(', ')}`)
  .option('--json', 'reports with all samples as JSON on standard output', false)
  .option('--list', 'only say what there is', false)
  .option('--plots', 'draws the plots of those that have some into their folders', false)
  .option('--strict', 'exit 1 when a goal is missed', false)

async function main(names: readonly string[], flags: Flags): Promise<number> {
  const wanted = names.map((name) => {
    const bench = BENCHES.find((one) => one.name === name)
    return bench ?? program.error(`no bench is called ${name}`, { exitCode: 1 })
  })
  const benches = wanted.length > 0 ? wanted : BENCHES
  if (flags.list) {
    const lines = benches.map((one) => `${one.number.padEnd(5)}${one.name.padEnd(18)}${one.title}`)
    process.stdout.write(`${lines.join('\n')}\n`)
    return 0
  }
  const environment = ambientEnvironment()
  // `npm run bench NAME --json` is npm's own flag, and reaches us this way.
  const asJson = flags.json || environment['npm_config_json'] === 'true'
  const reports: { readonly bench: Bench; readonly report: BenchReport }[] = []
  for (const bench of benches) {
    const report = await runOne(bench, environment, flags.plots)
    reports.push({ bench, report })
    if (!asJson) process.stdout.write(`${printReport(bench, report)}\n`)
  }
  if (asJson) {
    const rows = reports.map(({ bench: { name, number, title }, report }) => {
      return { name, number, title, ...report }
    })
    process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`)
  }
  const hasMissed = reports.some(({ report }) => report.goals.some(({ isMet }) => !isMet))
  return flags.strict && hasMissed ? 1 : 0
}

async function runOne(
  bench: Bench,
  environment: BenchContext['environment'],
  drawsPlots: boolean,
): Promise<BenchReport> {
  const packagesFolder = fileURLToPath(new URL('../../.local/packages', import.meta.url))
  const announce = (line: string) => say(`${line}\n`)
  const redis = await findRedisServer({ cacheFolder: packagesFolder, environment, announce })
  if ('missing' in redis) throw new Error(redis.missing)
  const folder = await mkdtemp(join(tmpdir(), `bench-${bench.name}-`))
  try {
    const run = await bench.load()
    return await run({
      folder,
      redis,
      packagesFolder,
      environment,
      clock: systemClock(),
      drawsPlots,
      say: (line) => say(`${bench.name}: ${line}\n`),
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function say(text: string): void {
  process.stderr.write(text)
}

refuseUsageReports()
program.action(async (names: readonly string[], flags: Flags) => {
  process.exitCode = await main(names, flags)
})
await program.parseAsync().catch((error: unknown) => {
  say(`${error instanceof Error ? error.stack : error}\n`)
  process.exitCode = 1
})
