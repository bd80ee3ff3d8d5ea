import { readdirSync, readFileSync } from 'node:fs'
import { parse } from '@cdktf/hcl2json'
import * as z from 'zod'

const folder = new URL('../../../infra/terraform/', import.meta.url)

const blocks = z.record(z.string(), z.array(z.unknown()))
const byType = z.record(z.string(), blocks)
const document = z.object({
  resource: byType.default({}),
  data: byType.default({}),
  variable: blocks.default({}),
  output: blocks.default({}),
  locals: z.array(z.record(z.string(), z.unknown())).default([]),
})

/** All files of the folder as one document: blocks by type and name, expressions as `${…}` text. */
export interface Terraform {
  readonly variables: readonly string[]
  /** By variable; absent where a value must be given. */
  readonly defaults: Readonly<Record<string, unknown>>
  readonly locals: Readonly<Record<string, unknown>>
  /** `google_redis_instance.store`, `data.google_project.this` */
  readonly addresses: readonly string[]
  readonly resources: z.infer<typeof byType>
  /** Every file as written, without its comments. */
  readonly text: string
}

export async function readTerraform(): Promise<Terraform> {
  const names = readdirSync(folder).filter((name) => name.endsWith('.tf'))
  const texts = names.map((name) => readFileSync(new URL(name, folder), 'utf8'))
  const parts = await Promise.all(
    names.map(async (name, at) => document.parse(await parse(name, texts[at] ?? ''))),
  )
  const resources: Record<string, Record<string, unknown[]>> = {}
  for (const part of parts) {
    for (const [type, named] of Object.entries(part.resource)) {
      resources[type] = { ...resources[type], ...named }
    }
  }
  return {
    variables: parts.flatMap((part) => Object.keys(part.variable)),
    defaults: Object.fromEntries(
      parts.flatMap((part) => Object.entries(part.variable)).map(defaultOf),
    ),
    locals: Object.assign({}, ...parts.flatMap((part) => part.locals)),
    addresses: [
      ...addressesOf(resources),
      ...parts.flatMap((part) => addressesOf(part.data)).map((address) => `data.${address}`),
    ],
    resources,
    text: texts.join('\n').replace(/^\s*#.*$/gm, ''),
  }
}

/** The numbers that the service and the cloud share, by the names of the service's variables. */
export function readSharedNumbers(): Readonly<Record<string, number>> {
  const text = readFileSync(new URL('numbers.json', folder), 'utf8')
  return z.record(z.string(), z.number()).parse(JSON.parse(text))
}

function defaultOf([name, declared]: [string, readonly unknown[]]): [string, unknown] {
  return [name, z.object({ default: z.unknown() }).safeParse(declared[0]).data?.default]
}

function addressesOf(resources: z.infer<typeof byType>): string[] {
  return Object.entries(resources).flatMap(([type, named]) =>
    Object.keys(named).map((name) => `${type}.${name}`),
  )
}
