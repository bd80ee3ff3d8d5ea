import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

/** Everything a stack keeps, so that one started on the same folder goes on where it was. */
export interface DataFolder {
  readonly root: string
  readonly redis: string
  readonly gcs: string
  readonly tasks: string
  readonly issuer: string
  /** What the service writes; appended to over restarts. */
  readonly serviceLog: string
  /** The service's variables as it was started with them. */
  readonly environmentFile: string
  /** Where failures of speech-to-text are ordered. */
  readonly speechFaults: string
  /** Key of all ids: made once, or nothing that landed is found again. */
  readonly idSecret: string
  /** The service's port the last time; tasks that are kept call it there. 0 the first time. */
  readonly lastPort: number
  keepPort(port: number): Promise<void>
  /** Lets another stack use the folder. */
  release(): Promise<void>
}

/**
 * Takes the folder for this process alone, empties it when asked, and makes what is missing in it.
 * @throws Error when another stack uses it
 */
export async function openDataFolder(path: string, fresh: boolean): Promise<DataFolder> {
  const root = resolve(path)
  await mkdir(root, { recursive: true })
  const release = await lockFolder(root)
  const inside = {
    redis: join(root, 'redis'),
    gcs: join(root, 'gcs'),
    tasks: join(root, 'tasks'),
    issuer: join(root, 'issuer'),
    serviceLog: join(root, 'service.log'),
    environmentFile: join(root, 'service.env'),
    speechFaults: join(root, 'speech-faults'),
  }
  const secretFile = join(root, 'id-secret')
  const portFile = join(root, 'api-port')
  // Only what a stack makes is removed: the folder may be one that holds other things.
  if (fresh) for (const made of [...Object.values(inside), secretFile, portFile]) await remove(made)
  return {
    root,
    ...inside,
    idSecret: await readOrMakeSecret(secretFile),
    lastPort: Number(await readKept(portFile)) || 0,
    keepPort: (port) => writeWhole(portFile, `${port}\n`),
    release,
  }
}

async function remove(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true })
}

async function readOrMakeSecret(file: string): Promise<string> {
  const kept = await readKept(file)
  if (kept !== undefined) return kept.trim()
  const secret = randomBytes(32).toString('hex')
  await writeWhole(file, `${secret}\n`)
  return secret
}

async function readKept(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
}

/** Whole or not at all, and for nobody else's eyes. */
async function writeWhole(file: string, text: string): Promise<void> {
  const draft = `${file}.draft`
  await writeFile(draft, text, { mode: 0o600 })
  await rename(draft, file)
}

/**
 * A socket that this process listens on: the system ends it with the process, whatever ends that.
 * Its name lies in the temporary folder because a socket's path must be short.
 */
async function lockFolder(root: string): Promise<() => Promise<void>> {
  const digest = createHash('sha256').update(root).digest('hex').slice(0, 16)
  const path = join(tmpdir(), `sync-dispatcher-${digest}.lock`)
  if (await isListening(path)) throw new Error(`another local stack uses ${root}: end it first`)
  await rm(path, { force: true })
  const lock = createServer((socket) => void socket.destroy())
  await new Promise<void>((resolve, reject) => {
    lock.once('error', reject).listen(path, resolve)
  })
  lock.unref()
  return () => new Promise((done) => void lock.close(() => done()))
}

function isListening(path: string): Promise<boolean> {
  return new Promise((answer) => {
    const socket = connect(path)
    const settle = (listening: boolean) => {
      socket.destroy()
      answer(listening)
    }
    socket.once('connect', () => settle(true)).once('error', () => settle(false))
  })
}
