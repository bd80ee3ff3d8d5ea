import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nowhere } from '../../infra/build/nowhere.ts'
import { systemClock } from '../../src/adapters/system/system-clock.ts'
import { ambientEnvironment } from '../../src/config/index.ts'
import { findRedisServer, startRedis } from '../../src/local/packages/index.ts'
import { buildImage } from './build-image.ts'
import { startAndStop } from './start-image.ts'

/**
 * `npm run test:image`: the Dockerfile's steps carried out in a temporary folder, `npm ci` from the
 * registry among them, then its command started as its user on a real Redis and stopped by SIGTERM.
 */
const GRACE_MS = 10_000
/** How a registry is reached from here. Not npm's other settings: its cache belongs to who runs this. */
const NEEDED_OUTSIDE =
  /^(LANG|npm_config_(registry|cafile)|https?_proxy|no_proxy|NODE_EXTRA_CA_CERTS)$/i
const environment = ambientEnvironment()
const cacheFolder = fileURLToPath(new URL('../../.local/packages', import.meta.url))
const say = (line: string) => void process.stdout.write(`${line}\n`)

const folder = await mkdtemp(join(tmpdir(), 'image-'))
// Whoever the image's user is, it must come through.
await chmod(folder, 0o755)
try {
  const found = await findRedisServer({ cacheFolder, environment, announce: say })
  if ('missing' in found) throw new Error(found.missing)
  const env = Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) =>
      NEEDED_OUTSIDE.test(name) && value ? [[name, value]] : [],
    ),
  )
  const path = `${dirname(process.execPath)}:${environment['PATH'] ?? ''}`
  const image = await buildImage({ folder, env: { ...env, PATH: path }, say })
  await using redis = await startRedis({
    ...found,
    folder: join(folder, 'redis'),
    port: 0,
    durability: 'none',
    clock: systemClock(),
  })
  say(`CMD ${image.command.join(' ')}`)
  const watch = { NODE_DEBUG_NATIVE: 'COMPILE_CACHE' }
  const stop = await startAndStop(image, process.execPath, { ...nowhere(redis.url), ...watch })
  const lines = stop.output.split('\n')
  const verdicts = lines.filter((line) => line.startsWith('[compile cache] V8 code cache'))
  const accepted = verdicts.filter((line) => line.includes('was accepted'))
  say(lines.filter((line) => line.startsWith('{')).join('\n'))
  say(`${accepted.length} of ${verdicts.length} files of the code cache were accepted`)
  if (accepted.length < verdicts.length / 2)
    throw new Error('the code cache of the image does not fit')
  if (stop.code !== 0) throw new Error(`it ended with ${stop.code} on SIGTERM`)
  if (stop.tookMs > GRACE_MS) throw new Error(`it took ${stop.tookMs} ms to stop`)
  say(
    `ready as user ${image.user?.uid}, ended with 0 within ${Math.round(stop.tookMs)} ms of SIGTERM`,
  )
} finally {
  await rm(folder, { recursive: true, force: true })
}
