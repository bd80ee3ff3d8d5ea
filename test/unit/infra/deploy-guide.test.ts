import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { expect, it } from 'vitest'
import * as z from 'zod'
import { createNaming, uidSchema } from '../../../src/kernel/index.ts'
import { readTerraform } from './terraform.ts'

const root = new URL('../../../', import.meta.url)
const guide = readFileSync(new URL('DEPLOY.md', root), 'utf8')
const blocks = [...guide.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, text = '']) => text)
const shell = blocks.join('\n')

it('is written in commands that a shell understands', () => {
  expect(blocks.length).toBeGreaterThan(10)
  for (const block of blocks) execFileSync('bash', ['-n', '-c', block])
})

it('calls only commands and files of this repository that exist', () => {
  const { scripts } = z
    .object({ scripts: z.record(z.string(), z.string()) })
    .parse(JSON.parse(readFileSync(new URL('package.json', root), 'utf8')))
  const commands = [...shell.matchAll(/npm run ([\w:]+)/g)].map(([, name = '']) => name)
  expect(commands.filter((name) => scripts[name] === undefined)).toEqual([])
  const files = [...shell.matchAll(/\b((?:src|infra)\/[\w/.-]+\.(?:ts|bin)|cloudbuild\.yaml)/g)]
  expect(files.length).toBeGreaterThan(3)
  expect(files.filter(([, file = '']) => !existsSync(new URL(file, root)))).toEqual([])
})

it('sets variables and reads outputs that Terraform has', async () => {
  const terraform = await readTerraform()
  const set = [...shell.matchAll(/^\s*(?:echo ')?(\w+) += \\?"/gm)].map(([, name = '']) => name)
  expect(set).toContain('project')
  expect(set.filter((name) => !terraform.variables.includes(name))).toEqual([])
  const read = [...shell.matchAll(/output -raw (\w+)/g)].map(([, name = '']) => name)
  const outputs = readFileSync(new URL('infra/terraform/outputs.tf', root), 'utf8')
  expect(read.filter((name) => !outputs.includes(`output "${name}"`))).toEqual([])
})

it('finds the very folders of the user who is to be erased', () => {
  const secret = 'a secret of thirty-two characters and more'
  const uid = uidSchema.parse('a user "with" odd\tcharacters')
  const command = /^\s*HASH=\$\((node -e .*)\)$/m.exec(shell)?.[1] ?? ''
  const told = execFileSync('bash', ['-c', command], {
    env: {
      PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
      SYNC_ID_SECRET: secret,
      ERASED_UID: uid,
    },
  })
  expect(String(told).trim()).toBe(createNaming(secret).uidHash(uid))
})
