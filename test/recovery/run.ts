import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { ambientEnvironment } from '../../src/config/index.ts'
import { inParallel } from '../../src/kernel/index.ts'
import { findRedisServer, type Program } from '../../src/local/packages/index.ts'
import { startLane } from '../crash/lane.ts'
import { until } from '../support/until.ts'
import { DEFAULTS, ORPHANS, type Orphan } from './orphans.ts'

interface Measured extends Pick<Orphan, 'name' | 'title' | 'boundMs' | 'because'> {
  readonly ms: number | undefined
  readonly fault: string | undefined
}

const program = new Command('npm run test:recovery --')
  .description(
    'Makes every class of orphans for real (Redis, queue, SIGKILL of service processes), with the\n' +
      'times a deployment has by default, and measures how long each takes to come home.',
  )
  .option('--only <names>', 'only these classes, separated by commas')
  .option('--at-once <count>', 'classes made at once', '3')

/** What a late one may take to be told from one that never comes. */
const PATIENCE = 2

async function measure(orphan: Orphan, redis: Program, folder: string): Promise<Measured> {
  const { name, title, boundMs, because } = orphan
  const row = { name, title, boundMs, because }
  try {
    await using lane = await startLane({
      ...{ redis, folder: join(folder, name), mode: orphan.mode ?? 'cloud_tasks' },
      environment: ambientEnvironment(),
      compileCache: join(folder, 'compile-cache'),
      settings: { ...DEFAULTS.settings, ...orphan.settings },
      times: DEFAULTS.times,
    })
    const home = await orphan.make(lane)
    const madeMs = performance.now()
    await until(home.what, () => home.isHome(), boundMs * PATIENCE)
    const ms = performance.now() - madeMs
    return { ...row, ms, fault: ms > boundMs ? 'late' : undefined }
  } catch (error) {
    return { ...row, ms: undefined, fault: error instanceof Error ? error.message : String(error) }
  }
}

function describe({ name, title, boundMs, because, ms, fault }: Measured): string {
  const seconds = (value: number) => `${(value / 1_000).toFixed(1)} s`.padStart(8)
  const measured = ms === undefined ? '       -' : seconds(ms)
  const verdict = fault === undefined ? 'home' : `RED: ${fault}`
  return `${name.padEnd(3)} ${title.padEnd(66)} ${seconds(boundMs)} ${measured}  ${verdict}\n      bound: ${because}`
}

async function main(flags: { readonly only?: string; readonly atOnce: string }): Promise<number> {
  const redis = await findRedisServer({
    cacheFolder: fileURLToPath(new URL('../../.local/packages', import.meta.url)),
    environment: ambientEnvironment(),
    announce: (line) => void process.stderr.write(`${line}\n`),
  })
  if ('missing' in redis) {
    process.stderr.write(`${redis.missing}\n`)
    return 1
  }
  const wanted = flags.only?.split(',')
  const orphans = ORPHANS.filter(({ name }) => wanted?.includes(name) ?? true)
  const folder = await mkdtemp(join(tmpdir(), 'recovery-'))
  const rows = await inParallel(orphans, Number(flags.atOnce), async (orphan) => {
    const row = await measure(orphan, redis, folder)
    process.stderr.write(`${describe(row)}\n`)
    return row
  })
  const heading = `${'class'.padEnd(70)}    bound  measured`
  process.stdout.write(`${[heading, ...rows.map(describe)].join('\n')}\n`)
  const isRed = rows.length === 0 || rows.some(({ fault }) => fault !== undefined)
  if (isRed) process.stderr.write(`What the services wrote is in ${folder}\n`)
  else await rm(folder, { recursive: true, force: true })
  return isRed ? 1 : 0
}

process.exitCode = await main(program.parse().opts())
