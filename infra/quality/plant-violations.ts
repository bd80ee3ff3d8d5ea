/**
 * Proves that the import laws can see. A copy of the tree gets one small file for each way to break
 * each law, dependency-cruiser reads the copy once, and every planted file must be accused of the
 * law it breaks. It fails too when the tool read less than the whole tree: a tool that reads nothing
 * finds nothing. The working tree is never touched.
 *
 *     node infra/quality/plant-violations.ts
 */
import { spawnSync } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, posix } from 'node:path'
import process from 'node:process'

const LAWS_FILE = 'infra/quality/import-laws.cjs'
const CRUISER = 'node_modules/.bin/depcruise'

/** One forbidden import: a new file in `folder` that imports `target`. */
export interface Plant {
  readonly law: string
  readonly folder: string
  /** A file of the tree (created where missing) or the name of a package; none for an orphan. */
  readonly target?: string
  readonly form?: 'value' | 'type' | 'dynamic'
  readonly ending?: '.ts' | '.test.ts'
}

/** What dependency-cruiser found, as far as it is judged. */
export interface Findings {
  readonly cruised: readonly string[]
  readonly violations: readonly {
    readonly law: string
    readonly from: string
    readonly severity: string
  }[]
}

const FLOWS = ['intake', 'dispatch', 'status', 'recovery', 'operators', 'enrichment', 'deletion']
const RECORDS = ['jobs', 'fair-use']
const ROOMS = [...FLOWS, ...RECORDS, 'pipeline', 'preferences', 'durable', 'http', 'console', 'telemetry', 'doctor']
const VENDORS = ['ioredis', '@google-cloud/storage', '@google-cloud/tasks', '@opentelemetry/api']

const folderOf = (room: string) => `src/${room}`
const doorOf = (room: string) => `src/${room}/index.ts`
const insideOf = (room: string) => `src/${room}/planted-target.ts`

/** Every room a law names is planted, so that a typo in one alternative is seen as well. */
function across(law: string, rooms: readonly string[], targets: readonly string[]): Plant[] {
  return rooms.flatMap((room) =>
    targets
      .filter((target) => !target.startsWith(`src/${room}/`))
      .map((target) => ({ law, folder: folderOf(room), target })),
  )
}

export const PLANTS: readonly Plant[] = [
  { law: 'no-circular', folder: 'src/jobs', target: 'src/jobs/planted-circle.ts' },
  ...across(
    'kernel-is-pure',
    ['kernel'],
    [doorOf('ports'), doorOf('telemetry'), 'node:fs', 'pino'],
  ),
  ...across('ports-know-only-the-kernel', ['ports'], [doorOf('jobs'), 'ioredis', 'node:fs']),
  ...across(
    'adapters-know-only-ports',
    ['adapters/redis'],
    [doorOf('jobs'), doorOf('config'), insideOf('adapters/gcs')],
  ),
  ...across('only-service-wires-adapters', ROOMS, [insideOf('adapters/memory')]),
  ...across('vendors-stop-at-the-adapter', [...ROOMS, 'kernel', 'ports'], VENDORS),
  { law: 'vendors-stop-at-the-adapter', folder: 'src/jobs', target: 'ioredis', form: 'type' },
  { law: 'vendors-stop-at-the-adapter', folder: 'src/jobs', target: 'ioredis', form: 'dynamic' },
  ...across('express-stays-in-http', without(ROOMS, 'http'), ['express']),
  ...across('one-logger', [...without(ROOMS, 'telemetry'), 'adapters/system'], ['pino']),
  ...across('rooms-by-the-door', ['local'], [...ROOMS, 'kernel', 'ports'].map(insideOf)),
  ...across('rooms-by-the-door', ['intake'], [insideOf('jobs'), insideOf('ports')]),
  ...across('durable-knows-only-ports', ['durable'], [doorOf('jobs'), doorOf('telemetry')]),
  ...across(
    'records-do-not-look-up',
    RECORDS,
    [...FLOWS, 'pipeline', 'http', 'config'].map(doorOf),
  ),
  ...across(
    'pipeline-knows-no-bookkeeping',
    ['pipeline'],
    [...FLOWS, 'jobs', 'http', 'config'].map(doorOf),
  ),
  ...across('flows-do-not-call-flows', FLOWS, [...FLOWS, 'http', 'config'].map(doorOf)),
  ...across('config-is-handed-in', ROOMS, [doorOf('config')]),
  ...across('telemetry-calls-no-room', ['telemetry'], [doorOf('jobs'), doorOf('ports')]),
  ...across('only-service-uses-wiring', ['http', 'intake'], ['src/wiring/planted-target.ts']),
  ...across('fair-use-knows-no-job', ['fair-use'], [doorOf('jobs'), insideOf('adapters/memory')]),
  ...across('preferences-know-no-job', ['preferences'], [doorOf('jobs'), doorOf('durable')]),
  ...across(
    'page-runs-in-a-browser',
    ['console/page'],
    [doorOf('kernel'), insideOf('console'), 'node:fs', 'zod'],
  ),
  ...across('doctor-looks-through-ports', ['doctor'], [doorOf('jobs'), doorOf('telemetry')]),
  ...across('only-main-starts-the-service', ['http', 'intake'], ['src/service.ts']),
  ...across('src-never-imports-test', ['status', 'kernel'], ['test/support/planted-target.ts']),
  {
    law: 'tests-share-by-support',
    folder: 'test/unit',
    target: 'test/unit/planted-target.test.ts',
    ending: '.test.ts',
  },
  { law: 'no-orphans', folder: 'src/jobs' },
]

function without(rooms: readonly string[], room: string): string[] {
  return rooms.filter((other) => other !== room)
}

/** Where the nth plant goes. */
export function plantedFile(plant: Plant, index: number): string {
  return `${plant.folder}/planted-${index}${plant.ending ?? '.ts'}`
}

/**
 * What is wrong with the laws, one sentence each.
 * @param laws the names the law file declares
 * @param tree every file that had to be read
 */
export function judge(
  laws: readonly string[],
  plants: readonly Plant[],
  tree: readonly string[],
  findings: Findings,
): string[] {
  const cruised = new Set(findings.cruised)
  const accused = new Set(
    findings.violations
      .filter((violation) => violation.severity === 'error')
      .map(({ law, from }) => `${law} ${from}`),
  )
  const unread = tree.filter((file) => !cruised.has(file))
  return [
    ...(cruised.size === 0 ? ['dependency-cruiser read no module at all.'] : []),
    ...unread.map((file) => `dependency-cruiser did not read ${file}.`),
    ...laws
      .filter((law) => !plants.some((plant) => plant.law === law))
      .map((law) => `The law ${law} has no planted violation.`),
    ...plants
      .map((plant, index) => ({ plant, file: plantedFile(plant, index) }))
      .filter(({ plant, file }) => !accused.has(`${plant.law} ${file}`))
      .map(
        ({ plant, file }) =>
          `The law ${plant.law} is silent: ${dirname(file)} may import ${plant.target ?? 'nothing'}.`,
      ),
  ]
}

/** Copies the tree at `root`, plants, cruises, judges; the copy is gone afterwards. */
export async function plantViolations(
  root: string,
  plants: readonly Plant[] = PLANTS,
): Promise<string[]> {
  const copy = await mkdtemp(join(tmpdir(), 'planted-violations-'))
  try {
    const sources = await copyTree(root, copy)
    const planted = plants.map(plantedFile)
    for (const [index, plant] of plants.entries()) await plantInto(copy, plant, index)
    return judge(readLawNames(copy), plants, [...sources, ...planted], cruise(root, copy))
  } finally {
    await rm(copy, { recursive: true, force: true })
  }
}

/** @returns the TypeScript files of the copy, as paths from its root */
async function copyTree(root: string, copy: string): Promise<string[]> {
  const files: string[] = []
  for (const folder of ['src', 'test', 'infra/quality']) {
    for (const entry of await readdir(join(root, folder), {
      recursive: true,
      withFileTypes: true,
    })) {
      if (!entry.isFile() || !/\.(ts|cjs|json)$/.test(entry.name)) continue
      const file = posix.join(folder, entry.parentPath.slice(join(root, folder).length), entry.name)
      await mkdir(join(copy, dirname(file)), { recursive: true })
      await cp(join(root, file), join(copy, file))
      if (/^(src|test)\/.*\.ts$/.test(file)) files.push(file)
    }
  }
  for (const file of ['package.json', 'tsconfig.json']) await cp(join(root, file), join(copy, file))
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'))
  return files
}

async function plantInto(copy: string, plant: Plant, index: number): Promise<void> {
  const file = plantedFile(plant, index)
  await writeModule(join(copy, file), importLine(plant, file))
  if (plant.target === undefined || !/^(src|test)\//.test(plant.target)) return
  const back =
    plant.law === 'no-circular' ? importLine({ ...plant, target: file }, plant.target) : ''
  await writeModule(join(copy, plant.target), `${back}export const planted = 1\n`)
}

/** Leaves a file alone that the tree has already. */
async function writeModule(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, text, { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
}

function importLine({ target, form }: Plant, file: string): string {
  if (target === undefined) return 'export const planted = 1\n'
  const path = posix.relative(dirname(file), target)
  const isOurs = /^(src|test)\//.test(target)
  const name = isOurs ? (path.startsWith('.') ? path : `./${path}`) : target
  if (form === 'type') return `import type * as planted from '${name}'\nexport type { planted }\n`
  if (form === 'dynamic') return `export const planted = () => import('${name}')\n`
  return `import * as planted from '${name}'\nexport { planted }\n`
}

function readLawNames(copy: string): string[] {
  const laws: { forbidden: { name: string }[] } = createRequire(import.meta.url)(
    join(copy, LAWS_FILE),
  )
  return laws.forbidden.map(({ name }) => name)
}

function cruise(root: string, copy: string): Findings {
  const run = spawnSync(
    process.execPath,
    [join(root, CRUISER), 'src', 'test', '--config', LAWS_FILE, '--output-type', 'json'],
    { cwd: copy, encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 },
  )
  // The exit code counts violations; a run that failed for another reason prints no report.
  if (!run.stdout.startsWith('{')) throw new Error(`dependency-cruiser failed: ${run.stderr}`)
  const report: {
    modules: { source: string }[]
    summary: { violations: { from: string; rule: { name: string; severity: string } }[] }
  } = JSON.parse(run.stdout)
  return {
    cruised: report.modules
      .map(({ source }) => source)
      .filter((source) => /^(src|test)\//.test(source)),
    violations: report.summary.violations.map(({ from, rule }) => ({
      law: rule.name,
      from,
      severity: rule.severity,
    })),
  }
}

if (import.meta.main) {
  const faults = await plantViolations(join(import.meta.dirname, '../..'))
  const laws = new Set(PLANTS.map((plant) => plant.law)).size
  process.stdout.write(
    faults.length === 0
      ? `All ${PLANTS.length} planted violations of ${laws} laws were seen.\n`
      : `${faults.join('\n')}\n`,
  )
  process.exitCode = faults.length === 0 ? 0 : 1
}
