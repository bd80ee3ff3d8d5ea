import { rm } from 'node:fs/promises'
import { bundle } from './bundle.ts'
import { writeCodeCache } from './code-cache.ts'
import { copyUnbundled } from './unbundled.ts'

/**
 * The service as production runs it, in a folder that needs nothing else of this one but Node.
 * @param main what is started: a benchmark puts one of its own around the service
 */
export async function buildInto(folder: string, main?: string): Promise<void> {
  await rm(folder, { recursive: true, force: true })
  await copyUnbundled(folder)
  await bundle(folder, main)
  await writeCodeCache(folder)
}
