import { writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Role } from '../bench.ts'

/** What is started: how Node is called, and what the process finds in its environment. */
export interface Program {
  readonly name: string
  readonly role: Role
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

const LISTEN = ".listen(Number(process.env.PORT), '127.0.0.1')"

/** The floor and the peer, in plain CommonJS: the fastest way that Node has to start either. */
export async function writeHellos(folder: string): Promise<readonly Program[]> {
  const express = JSON.stringify(createRequire(import.meta.url).resolve('express'))
  const texts = {
    'node:http': `require('node:http').createServer((q, r) => r.end('hello'))${LISTEN}`,
    'Express 5': `require(${express})().get('/', (q, r) => r.send('hello'))${LISTEN}`,
  }
  return Promise.all(
    Object.entries(texts).map(async ([name, text]) => {
      const file = join(folder, `${name.replace(/\W/g, '-')}.cjs`)
      await writeFile(file, text)
      return { name, role: name === 'node:http' ? 'floor' : 'peer', args: [file], env: {} }
    }),
  )
}
