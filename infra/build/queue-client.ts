import { readFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'esbuild'
import { pruneProtos } from './prune-protos.ts'

const CLIENT = fileURLToPath(
  new URL('../../node_modules/@google-cloud/tasks/build/esm/src/v2/index.js', import.meta.url),
)

const PROTOS = /\/protos\.json$/
const SERVICE = 'google.cloud.tasks.v2.CloudTasks'

/**
 * Stands for `protobufjs/ext/descriptor`. Descriptors are what a server tells of its messages to who
 * asks; a client has to write and read the messages, and to make descriptors of them takes longer.
 */
const NO_DESCRIPTORS = `
  const { Enum, Root, Type } = require('protobufjs')
  const nothing = { $type: { toObject: () => ({}) }, file: [] }
  for (const { prototype } of [Enum, Root, Type]) prototype.toDescriptor = () => nothing
`

/** Stands for a client of another service, made with each of the queue's; nobody asks for regions. */
const NO_LOCATIONS = `
  exports.LocationsClient = class {
    async close() {}
  }
`

/**
 * The queue's client in its version 2 alone, with the messages of its own service. It reads its JSON by
 * computed paths, which a bundler does not follow.
 */
export const queueClient: Plugin = {
  name: 'queue-client',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^@google-cloud\/tasks$/ }, () => ({ path: CLIENT }))
    onLoad({ filter: /@google-cloud\/tasks\/.*_client\.js$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8')
      const pattern = /getJSON\(path\.join\(dirname, ([^()]+)\)\)/g
      const texts = new Map<string, string>()
      for (const [call, places = ''] of source.matchAll(pattern)) {
        const parts = places.split(', ').map((part) => part.replaceAll("'", ''))
        const json = await readPruned(resolve(dirname(path), join(...parts)))
        texts.set(call, `JSON.parse(${JSON.stringify(JSON.stringify(json))})`)
      }
      return { contents: source.replaceAll(pattern, (call) => texts.get(call) ?? call) }
    })
    onLoad({ filter: /google-gax\/build\/src\/locationService\.js$/ }, () => {
      return { contents: NO_LOCATIONS }
    })
    onResolve({ filter: /^protobufjs\/ext\/descriptor$/ }, ({ path }) => {
      return { path, namespace: 'left-out' }
    })
    onLoad({ filter: /descriptor$/, namespace: 'left-out' }, () => {
      return { contents: NO_DESCRIPTORS, resolveDir: dirname(CLIENT) }
    })
    // A megabyte of classes that the library hands on to whoever asks, and does not use itself.
    onLoad({ filter: /google-gax\/build\/protos\/(iam_service|locations|operations)\.js$/ }, () => {
      return { contents: 'module.exports = {}' }
    })
  },
}

async function readPruned(path: string): Promise<unknown> {
  const json = JSON.parse(await readFile(path, 'utf8'))
  return PROTOS.test(path) ? pruneProtos(json, [SERVICE]) : json
}
