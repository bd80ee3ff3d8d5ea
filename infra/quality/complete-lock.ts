import { readFileSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

/**
 * npm leaves a platform's package out of package-lock.json when the registry it asked does not carry
 * that version, and `npm ci` then refuses the lock everywhere. This adds what is left out: version and
 * platform as the name and its parent say, no integrity, since nobody here has seen the package.
 * Run it after every change of the lock file: `npm run lock`.
 */
interface LockedPackage {
  readonly version?: string
  readonly dev?: boolean
  readonly engines?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

interface LockFile {
  readonly packages: Readonly<Record<string, LockedPackage>>
}

const SYSTEMS = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32']
const CPUS = ['arm64', 'arm', 'ia32', 'ppc64', 'riscv64', 's390x', 'x64']

/** Optional packages that somebody asks for and the lock does not have, as lock entries. */
export function missingEntries(lock: LockFile): Record<string, object> {
  const missing: Record<string, object> = {}
  for (const [path, parent] of Object.entries(lock.packages)) {
    for (const [name, range] of Object.entries(parent.optionalDependencies ?? {})) {
      const places = [`${path}/node_modules/${name}`, `node_modules/${name}`]
      if (places.some((place) => place in lock.packages)) continue
      missing[`node_modules/${name}`] = {
        version: range.replace(/^[~^]/, ''),
        ...platformOf(name),
        ...(path === '' ? {} : { dev: parent.dev === true, engines: parent.engines ?? {} }),
        optional: true,
      }
    }
  }
  return missing
}

function platformOf(name: string): object {
  const words = (name.split('/').at(-1) ?? '').split('-')
  const libc = words.some((word) => word.startsWith('musl')) ? ['musl'] : undefined
  return {
    os: SYSTEMS.filter((system) => words.includes(system)),
    cpu: CPUS.filter((cpu) => words.includes(cpu)),
    ...(libc ? { libc } : {}),
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const file = new URL('../../package-lock.json', import.meta.url)
  const lock = JSON.parse(readFileSync(file, 'utf8')) as LockFile
  const entries = missingEntries(lock)
  const all = Object.entries({ ...lock.packages, ...entries })
  const packages = Object.fromEntries(all.sort(([a], [b]) => (a < b ? -1 : 1)))
  writeFileSync(file, `${JSON.stringify({ ...lock, packages }, null, 2)}\n`)
  process.stdout.write(`${Object.keys(entries).length} platform packages added\n`)
}
