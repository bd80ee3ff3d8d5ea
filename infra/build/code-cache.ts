import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, readdir } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { nowhere } from './nowhere.ts'

/** Beside the bundle; `NODE_COMPILE_CACHE` names it at run time. */
const CACHE_FOLDER = 'code-cache'
const WARM_WITHIN_MS = 60_000

/** What a service reads later than at its start, its threads too; `cli.js` is run by hand. */
const READ_LATER = /^chunk-.*\.js$|\.worker\.js$/

/**
 * Starts the bundle as production does, until it is warm, and stops it by SIGTERM: on its way out
 * Node writes what it compiled. What is read later still is imported by a process of its own. The
 * cache fits this Node alone; the folder may move.
 * Nothing of the network is used: Redis is a stand-in that says OK to everything.
 * @throws Error when the bundle does not start, become warm, or stop with 0
 */
export async function writeCodeCache(folder: string): Promise<void> {
  await using redis = await startYesRedis()
  const child = spawn(process.execPath, [join(folder, 'main.js')], {
    env: {
      ...nowhere(`redis://127.0.0.1:${redis.port}`),
      ...cacheIn(folder),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: WARM_WITHIN_MS,
  })
  const ended = once(child, 'exit')
  const output = await untilWarm(child)
  child.kill('SIGTERM')
  const [code, signal] = await ended
  if (code !== 0) throw new Error(`the bundle ended with ${code ?? signal}:\n${output}`)
  await compileWhatIsReadLater(folder)
  await letEveryoneRead(join(folder, CACHE_FOLDER))
}

function cacheIn(folder: string) {
  return { NODE_COMPILE_CACHE: join(folder, CACHE_FOLDER), NODE_COMPILE_CACHE_PORTABLE: '1' }
}

async function compileWhatIsReadLater(folder: string): Promise<void> {
  const files = (await readdir(folder)).filter((name) => READ_LATER.test(name))
  const code = [...files.map((name) => `await import('./${name}')`), 'process.exit()'].join('\n')
  await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', code], {
    cwd: folder,
    env: cacheIn(folder),
    timeout: WARM_WITHIN_MS,
  })
}

/** Node writes for its own user alone, and an image's files belong to another than runs them. */
async function letEveryoneRead(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    await chmod(join(entry.parentPath, entry.name), entry.isDirectory() ? 0o755 : 0o644)
  }
}

async function untilWarm(child: ChildProcess): Promise<string> {
  let output = ''
  for await (const chunk of child.stdout ?? []) {
    output += String(chunk)
    if (/could not be loaded/.test(output)) break
    if (output.includes('"Service warm"')) return output
  }
  child.kill('SIGKILL')
  throw new Error(`the bundle did not become warm:\n${output}`)
}

/** Answers every command: an array of bulk strings, hence one `*` at the start of a line each. */
async function startYesRedis() {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    socket.on('data', (bytes) => {
      const commands = String(bytes).match(/^\*\d/gm) ?? []
      socket.write('+OK\r\n'.repeat(commands.length))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => void server.close(),
  }
}
