import { constants, existsSync } from 'node:fs'
import { access, mkdir, readdir, rm } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { type Environment, installDebianPackages, unpackDebianPackages } from './debian-packages.ts'

export interface FindOptions {
  /** Kept between runs; made when absent. */
  readonly cacheFolder: string
  /** Variables of the caller, for PATH and proxies. */
  readonly environment: Environment
  /** Told before anything slow. */
  readonly announce?: (line: string) => void
  readonly signal?: AbortSignal
}

/** A program that may lie outside the system: `env` is all its process is given. */
export interface Program {
  readonly command: string
  readonly env: Readonly<Record<string, string>>
}

export interface Missing {
  /** For a person: what is absent, why it could not be fetched, which package brings it. */
  readonly missing: string
}

interface ProgramSearch<Found> extends FindOptions {
  /** What a person calls it. */
  readonly title: string
  /** Names on PATH, first found first taken. */
  readonly commands: readonly [string, ...string[]]
  /** Debian packages that bring it; the first names its folder in the cache. */
  readonly packages: readonly [string, ...string[]]
  /** Where it lies among their files; `usr/bin/` and the first of the commands unless given. */
  readonly unpackedAt?: string
  /** How a person gets it, per package tool. */
  readonly installHint: string
  /** Runs it once; undefined when it does not run or lacks a part. */
  check(program: Program): Promise<Found | undefined>
}

/**
 * On PATH; unpacked earlier; unpacked now from the distribution's packages; installed, as root only;
 * else what is missing. Everything found was run once.
 */
export async function findProgram<Found>(search: ProgramSearch<Found>): Promise<Found | Missing> {
  const folder = join(search.cacheFolder, search.packages[0])
  // Looked at before it is tried: what another process puts there meanwhile is never removed.
  const wasThere = existsSync(folder)
  const present = (await findOnPath(search)) ?? (await findUnpacked(search, folder))
  if (present !== undefined) return present
  if (wasThere) await rm(folder, { recursive: true, force: true })
  search.announce?.(`${search.title} is not installed: fetching it from the package archive`)
  await mkdir(search.cacheFolder, { recursive: true })
  const unpacking = await unpackDebianPackages({ ...search, folder })
  const unpacked = unpacking === undefined ? await findUnpacked(search, folder) : undefined
  if (unpacked !== undefined) return unpacked
  const installing = await installDebianPackages(search)
  const installed = installing === undefined ? await findOnPath(search) : undefined
  if (installed !== undefined) return installed
  const why = unpacking?.why ?? 'the unpacked program does not run'
  return { missing: `${search.title} was not found (${why}). Install it: ${search.installHint}` }
}

async function findOnPath<Found>(search: ProgramSearch<Found>): Promise<Found | undefined> {
  const { environment } = search
  const folders = (environment['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  for (const command of search.commands) {
    for (const folder of folders) {
      const file = join(folder, command)
      if (!(await isExecutable(file))) continue
      const env = childEnvironment(environment, environment['LD_LIBRARY_PATH'])
      const found = await search.check({ command: file, env })
      if (found !== undefined) return found
    }
  }
  return undefined
}

async function findUnpacked<Found>(
  search: ProgramSearch<Found>,
  folder: string,
): Promise<Found | undefined> {
  const command = join(folder, search.unpackedAt ?? join('usr', 'bin', search.commands[0]))
  if (!(await isExecutable(command))) return undefined
  const libraries = await libraryFolders(folder)
  return search.check({
    command,
    env: childEnvironment(search.environment, libraries.join(delimiter)),
  })
}

/** Alternatives such as BLAS lie in folders of their own that only the system's linker cache knows. */
async function libraryFolders(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const libraries = entries.filter((entry) => /\.so(\.|$)/.test(entry.name))
  return [...new Set(libraries.map((entry) => entry.parentPath))]
}

function childEnvironment(
  environment: Environment,
  libraries: string | undefined,
): Record<string, string> {
  const { PATH } = environment
  return {
    ...(PATH !== undefined && { PATH }),
    ...(libraries !== undefined && { LD_LIBRARY_PATH: libraries }),
  }
}

async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  )
}

/** `/usr` for `/usr/bin/x`: where a program's shared files lie beside it. */
export function installPrefix(command: string): string {
  return dirname(dirname(command))
}
