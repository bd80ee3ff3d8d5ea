import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'

/** Beside the bundle; `NODE_COMPILE_CACHE` names it at run time. */
const CACHE_FOLDER = 'code-cache'
const WARM_WITHIN_MS = 60_000

/**
 * Starts the bundle as production does, until it is warm, and stops it by SIGTERM: on its way out
 * Node writes what it compiled. The cache fits this path, this user, this Node and its flags alone.
 * Nothing of the network is used: Redis is a stand-in that says OK to everything.
 * @throws Error when the bundle does not start, become warm, or stop with 0
 */
export async function writeCodeCache(folder: string): Promise<void> {
  await using redis = await startYesRedis()
  const child = spawn(process.execPath, [join(folder, 'main.js')], {
    env: { ...nowhere(redis.port), NODE_COMPILE_CACHE: join(folder, CACHE_FOLDER) },
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: WARM_WITHIN_MS,
  })
  const ended = once(child, 'exit')
  const output = await untilWarm(child)
  child.kill('SIGTERM')
  const [code, signal] = await ended
  if (code !== 0) throw new Error(`the bundle ended with ${code ?? signal}:\n${output}`)
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

/** A whole configuration, of places that nobody is at. */
function nowhere(redisPort: number): Record<string, string> {
  const loopback = 'http://127.0.0.1:9'
  return {
    METADATA_SERVER_DETECTION: 'none',
    HOST: '127.0.0.1',
    PORT: '0',
    REDIS_URL: `redis://127.0.0.1:${redisPort}`,
    SYNC_DISPATCH_MODE: 'cloud_tasks',
    SYNC_PUBLIC_URL: loopback,
    SYNC_TASKS_PROJECT: 'nowhere',
    SYNC_TASKS_LOCATION: 'nowhere',
    SYNC_TASKS_QUEUE: 'nowhere',
    SYNC_TASKS_HANDLER_URL: `${loopback}/v2/sync-jobs/run`,
    SYNC_TASKS_OIDC_AUDIENCE: loopback,
    SYNC_TASKS_INVOKER_SA: 'nobody@nowhere.iam.gserviceaccount.com',
    SYNC_TASKS_API_HOST: '127.0.0.1',
    SYNC_TASKS_API_PORT: '9',
    SYNC_TASKS_API_PLAINTEXT: 'true',
    GCS_STAGING_BUCKET: 'nowhere-staging',
    GCS_DATA_BUCKET: 'nowhere-data',
    GCS_PROJECT: 'nowhere',
    GCS_API_ENDPOINT: loopback,
    SYNC_DEV_IDENTITY: 'true',
    SYNC_ID_SECRET: 'a secret of a process that never answers',
    STT_PROVIDER: 'spans',
  }
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
