/**
 * Run as a process: starts and stops the service of its environment, and prints every package module that
 * came to be loaded on the way.
 */
import { registerHooks } from 'node:module'

const loaded = new Set<string>()
registerHooks({
  load: (url, context, nextLoad) => {
    if (url.includes('/node_modules/')) loaded.add(url)
    return nextLoad(url, context)
  },
})

const { readEnv, toConfig } = await import('../../src/config/index.ts')
const { buildService } = await import('../../src/service.ts')
const service = buildService(toConfig(readEnv()), { log: { write: () => undefined } })
await service.start()
await service.stop()
process.stdout.write([...loaded].join('\n'))
process.exit(0)
