import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { ambientEnvironment } from '../../src/config/index.ts'
import { inParallel } from '../../src/kernel/index.ts'
import { findRedisServer } from '../../src/local/packages/index.ts'
import { type Measured, measureOrphan } from './measure-orphan.ts'
import { ORPHANS } from './orphans.ts'

const program = new Command('npm run test:recovery --')
  .description(
    'Makes every class of orphans for real (Redis, queue, SIGKILL of service processes), with the\n' +
      'times a deployment has by default, and measures how long each takes to come home.',
  )
  .option('--only <names>', 'only these classes, separated by commas')
  .option('--at-once <count>', 'classes made at once', '3')

function describe({ name, title, boundMs, because, ms, fault }: Measured): string {
  const seconds = (value: number) => `${(value / 1_000).toFixed(1)} s`.padStart(8)
  const measured = ms === undefined ? '       -' : seconds(ms)
  const verdict = fault === undefined ? 'home' : `RED: ${fault}`
  return `${name.padEnd(3)} ${title.padEnd(78)} ${seconds(boundMs)} ${measured}  ${verdict}\n      bound: ${because}`
}

async function main(flags: { readonly only?: string; readonly atOnce: string }): Promise<number> {
  const environment = ambientEnvironment()
  const redis = await findRedisServer({
    cacheFolder: fileURLToPath(new URL('../../.local/packages', import.meta.url)),
    environment,
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
    const row = await measureOrphan(orphan, { redis, folder, environment, times: 'deployed' })
    process.stderr.write(`${describe(row)}\n`)
    return row
  })
  const heading = `${'class'.padEnd(82)}    bound  measured`
  process.stdout.write(`${[heading, ...rows.map(describe)].join('\n')}\n`)
  const isRed = rows.length === 0 || rows.some(({ fault }) => fault !== undefined)
  if (isRed) process.stderr.write(`What the services wrote is in ${folder}\n`)
  else await rm(folder, { recursive: true, force: true })
  return isRed ? 1 : 0
}

process.exitCode = await main(program.parse().opts())
