import { randomUUID } from 'node:crypto'
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type CommandResult, runCommand } from './run-command.ts'

export interface DebianPackagesOptions {
  /** Package names; what they depend on and the machine lacks comes along. */
  readonly packages: readonly string[]
  /** Made whole or not at all; holds the packages' files as if it were `/`. */
  readonly folder: string
  /** Package lists fetched by us are kept here. */
  readonly cacheFolder: string
  readonly environment: Environment
  readonly signal?: AbortSignal
}

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Fetches the packages from the distribution and unpacks them into `folder`, touching nothing of the
 * system and needing no root. Safe when several do it at once: the first to finish wins, all use it.
 * Answers why not when the machine has no apt, no network or no such package.
 */
export async function unpackDebianPackages(
  options: DebianPackagesOptions,
): Promise<{ why: string } | undefined> {
  const draft = join(options.cacheFolder, `.draft-${randomUUID()}`)
  try {
    let why = 'no package lists'
    for (const lists of ['system', 'kept', 'fresh'] as const) {
      await rm(draft, { recursive: true, force: true })
      await mkdir(draft, { recursive: true })
      const refusal = await unpackWithLists(lists, draft, options)
      if (refusal === undefined) return undefined
      why = refusal
    }
    return { why }
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}

/** Installs into the system; needs root. The last resort, since it changes the machine. */
export async function installDebianPackages(
  options: Pick<DebianPackagesOptions, 'packages' | 'environment' | 'signal'>,
): Promise<{ why: string } | undefined> {
  if (!isRoot()) return { why: 'not root' }
  const env = aptEnvironment(options.environment)
  const settings = { env, ...(options.signal && { signal: options.signal }) }
  await runCommand('apt-get', [...COMMON_OPTIONS, 'update'], settings)
  const args = [...COMMON_OPTIONS, 'install', '-y', '--no-install-recommends', ...options.packages]
  const installed = await runCommand('apt-get', args, settings)
  return installed.code === 0 ? undefined : { why: lastLine(installed) }
}

type Lists = 'system' | 'kept' | 'fresh'

async function unpackWithLists(
  lists: Lists,
  draft: string,
  options: DebianPackagesOptions,
): Promise<string | undefined> {
  const apt = (args: readonly string[], cwd = draft) =>
    runCommand('apt-get', [...COMMON_OPTIONS, ...args], {
      env: aptEnvironment(options.environment),
      cwd,
      ...(options.signal && { signal: options.signal }),
    })
  const kept = join(options.cacheFolder, 'apt-lists')
  const fresh = join(draft, 'lists')
  const from = lists === 'system' ? [] : privateLists(lists === 'kept' ? kept : fresh, draft)
  if (lists === 'fresh') {
    await mkdir(join(fresh, 'partial'), { recursive: true })
    // An update that fails for one source still brings the others: the look-up decides.
    await apt([...from, 'update'])
  }
  const wanted = ['install', '--simulate', '--no-install-recommends', ...options.packages]
  const simulated = await apt([...from, ...wanted])
  if (simulated.code === undefined) return 'this machine has no apt-get'
  if (simulated.code !== 0) return lastLine(simulated)
  const names = newPackages(simulated.stdout)
  if (names.length === 0) return 'its packages are installed, yet it does not run'
  const downloads = join(draft, 'downloads')
  await mkdir(downloads)
  const downloaded = await apt([...from, 'download', ...names], downloads)
  if (downloaded.code !== 0) return lastLine(downloaded)
  const refusal = await unpackAll(downloads, join(draft, 'root'), options)
  if (refusal !== undefined) return refusal
  await moveIntoPlace(join(draft, 'root'), options.folder)
  if (lists === 'fresh') {
    await rm(kept, { recursive: true, force: true })
    await moveIntoPlace(fresh, kept)
  }
  return undefined
}

async function unpackAll(
  downloads: string,
  root: string,
  options: DebianPackagesOptions,
): Promise<string | undefined> {
  const settings = { env: options.environment, ...(options.signal && { signal: options.signal }) }
  await mkdir(root)
  for (const file of await readdir(downloads)) {
    const unpacked = await runCommand('dpkg', ['-x', join(downloads, file), root], settings)
    if (unpacked.code !== 0) return lastLine(unpacked)
  }
  return undefined
}

/** A loser of the race keeps the winner's: both hold the same packages. */
async function moveIntoPlace(draft: string, place: string): Promise<void> {
  try {
    await rename(draft, place)
  } catch (error) {
    const exists = await stat(place).then(
      () => true,
      () => false,
    )
    if (!exists) throw error
  }
}

/** Root's apt drops to the user `_apt`, which cannot write into our folders. */
const COMMON_OPTIONS = [
  ...['-o', 'APT::Sandbox::User=root', '-o', 'Acquire::Retries=1'],
  ...['-o', 'Acquire::http::Timeout=20', '-o', 'Acquire::https::Timeout=20'],
]

/** Without the hooks by which container images clean up `/var` after an update. */
function privateLists(lists: string, draft: string): string[] {
  const cache = join(draft, 'cache')
  return [
    ...['-o', `Dir::State::lists=${lists}`, '-o', `Dir::Cache=${cache}`],
    ...['-o', 'APT::Update::Post-Invoke::=', '-o', 'APT::Update::Post-Invoke-Success::='],
  ]
}

/**
 * `Inst name (version …)` is new here; `Inst name [old] (…)` would replace a package of the system
 * (libc among them) and stays as it is.
 */
export function newPackages(simulation: string): string[] {
  return [...simulation.matchAll(/^Inst (\S+) \(/gm)].flatMap(([, name]) => name ?? [])
}

function aptEnvironment(environment: Environment): Environment {
  return { ...environment, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' }
}

function isRoot(): boolean {
  return process.getuid?.() === 0
}

function lastLine(result: CommandResult): string {
  const lines = `${result.stdout}\n${result.stderr}`.split('\n').map((line) => line.trim())
  const errors = lines.filter((line) => line.startsWith('E:'))
  return (errors.at(-1) ?? lines.findLast((line) => line !== '') ?? 'no output').slice(0, 300)
}
