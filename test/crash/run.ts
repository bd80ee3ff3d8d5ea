import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { ambientEnvironment } from '../../src/config/index.ts'
import { findRedisServer, type Program } from '../../src/local/packages/index.ts'
import { type JudgedCell, runMatrix } from './crash-matrix.ts'
import { createLanePool } from './lane-pool.ts'
import { describeRed, printTable } from './print-table.ts'
import { SCENARIOS } from './scenarios.ts'

interface Flags {
  readonly only?: string
  readonly json: boolean
}

const program = new Command('npm run test:crash --')
  .description(
    'Kills a real service process just before and just after every durable step of every path, lets\n' +
      'the stack go on by its ordinary means, and holds the job to the invariants I1 to I12.',
  )
  .option('--only <text>', 'only cells whose scenario/step:occurrence:moment contains this')
  .option('--json', 'the cells as JSON on standard output', false)

/** Enough to keep two cores busy while others wait for a backoff. */
const BUSY_CELLS = 4
const LANES = { cloud_tasks: 4, inline: 4 } as const

async function main({ only, json }: Flags): Promise<number> {
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
  const folder = await mkdtemp(join(tmpdir(), 'crash-matrix-'))
  const startedMs = performance.now()
  const cells = await runCells({ only, folder, redis, environment })
  const seconds = ((performance.now() - startedMs) / 1_000).toFixed(0)
  const table = () => `${printTable(cells, SCENARIOS)}\nTook ${seconds} s.\n`
  process.stdout.write(json ? `${JSON.stringify(cells, null, 2)}\n` : table())
  const isRed = cells.some((cell) => cell.faults.length > 0)
  if (isRed) say(`What the services wrote is in ${folder}\n`)
  else await rm(folder, { recursive: true, force: true })
  return isRed || cells.length === 0 ? 1 : 0
}

async function runCells(options: {
  readonly only: string | undefined
  readonly folder: string
  readonly redis: Program
  readonly environment: Readonly<Record<string, string | undefined>>
}): Promise<JudgedCell[]> {
  const { only = '', folder } = options
  await using pool = createLanePool({
    ...options,
    compileCache: join(folder, 'compile-cache'),
    busy: BUSY_CELLS,
    lanes: LANES,
  })
  const named = SCENARIOS.filter(({ name }) => only.startsWith(`${name}/`) || name === only)
  const cells = await runMatrix({
    pool,
    ...(named.length > 0 ? { scenarios: named } : {}),
    wants: (name) => name.includes(only),
    onCell: (cell) => say(cell.faults.length > 0 ? `\n${describeRed(cell)}\n` : '.'),
  })
  say('\n')
  return cells
}

function say(text: string): void {
  process.stderr.write(text)
}

process.exitCode = await main(program.parse().opts<Flags>()).catch((error: unknown) => {
  say(`\n${error instanceof Error ? error.stack : error}\n`)
  return 1
})
