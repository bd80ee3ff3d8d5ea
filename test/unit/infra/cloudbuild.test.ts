import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import * as z from 'zod'
import { readDockerfile } from '../../image/read-dockerfile.ts'

const root = new URL('../../../', import.meta.url)
const text = readFileSync(new URL('cloudbuild.yaml', root), 'utf8')
const build = z
  .strictObject({
    substitutions: z.record(z.string().startsWith('_'), z.string()),
    serviceAccount: z.string(),
    timeout: z.string(),
    options: z.record(z.string(), z.string()),
    // Whatever could let a step fail and the next one run is unknown here.
    steps: z.array(
      z.strictObject({
        id: z.string(),
        name: z.string(),
        entrypoint: z.literal('bash'),
        args: z.tuple([z.literal('-c'), z.string()]),
      }),
    ),
  })
  .parse(parse(text))
const script = (id: string) => build.steps.find((step) => step.id === id)?.args[1] ?? ''
const scripts = build.steps.map(({ args }) => args[1])
const packageJson = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(new URL('package.json', root), 'utf8')))

describe('the build', () => {
  it('verifies, builds, scans, pushes, deploys, asks and only then shifts traffic', () => {
    const order = ['verify', 'build', 'scan', 'push', 'deploy', 'smoke', 'shift']
    expect(build.steps.map(({ id }) => id)).toEqual(order)
  })

  it('ends at the first command that fails', () => {
    expect(scripts.filter((one) => !one.startsWith('set -euo pipefail\n'))).toEqual([])
    expect(text).not.toMatch(/allowFailure|allowExitCodes|waitFor|\|\| true/)
    // A command in front of a pipe could fail unseen; these only read what is there.
    const piped = scripts.flatMap((one) => one.split('\n').filter((line) => / \| /.test(line)))
    expect(piped.filter((line) => !/^\s*(sort |tag=.*printf)/.test(line))).toEqual([])
  })

  it('is written in commands that a shell understands', () => {
    for (const one of scripts) execFileSync('bash', ['-n', '-c', one.replaceAll('$$', '$')])
  })

  it('deploys by digest what was scanned, with no traffic, and asks that very revision', () => {
    expect(script('scan')).toContain('scan "$(cat /workspace/image)"')
    expect(script('push')).toContain('docker push "$(cat /workspace/image)"')
    expect(script('push')).toContain("grep -q '@sha256:' /workspace/digest")
    expect(script('deploy')).toContain('--image="$(cat /workspace/digest)" --no-traffic')
    expect(scripts.filter((one) => one.includes('--to-tags'))).toEqual([script('shift')])
    expect(script('smoke')).toContain('/workspace/tag')
    expect(script('shift')).toContain('/workspace/tag')
  })

  it('calls only commands and files that exist', () => {
    const commands = [...text.matchAll(/npm run ([\w:]+)/g)].map(([, name = '']) => name)
    expect(commands.length).toBeGreaterThan(0)
    expect(commands.filter((name) => packageJson.scripts[name] === undefined)).toEqual([])
    const files = [...text.matchAll(/node (\S+\.ts)/g)].map(([, file = '']) => file)
    expect(files.length).toBeGreaterThan(1)
    expect(files.filter((file) => !existsSync(new URL(file, root)))).toEqual([])
  })

  it('declares each of its substitutions, and uses every one', () => {
    const used = new Set([...text.matchAll(/\$\{(_\w+)\}/g)].map(([, name]) => name))
    expect([...used].sort()).toEqual(Object.keys(build.substitutions).sort())
  })

  it('runs on the release of Node that the image has', () => {
    const release = /^node:([\d.]+)-/.exec(readDockerfile()[0]?.image ?? '')?.[1]
    const nodes = build.steps.map(({ name }) => name).filter((name) => name.startsWith('node:'))
    expect(new Set(nodes)).toEqual(new Set([`node:${release}-bookworm`]))
  })

  it('pushes where Terraform makes the repository', () => {
    const terraform = readFileSync(new URL('infra/terraform/outputs.tf', root), 'utf8')
    const place = (one: string) => /-docker\.pkg\.dev\/[^"]*\/service/.exec(one)?.[0].split('/')
    expect(place(terraform)).toHaveLength(4)
    expect(place(script('build'))).toHaveLength(4)
  })
})
