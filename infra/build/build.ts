import { rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { bundle } from './bundle.ts'
import { writeCodeCache } from './code-cache.ts'
import { copyUnbundled } from './unbundled.ts'

/**
 * `npm run build [-- FOLDER]`: the service as production runs it, `dist/` by default. The folder needs
 * nothing else of this one but Node.
 */
const folder = resolve(process.argv[2] ?? 'dist')
await rm(folder, { recursive: true, force: true })
await copyUnbundled(folder)
await bundle(folder)
await writeCodeCache(folder)
