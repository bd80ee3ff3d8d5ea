import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'
import { type FindOptions, findRedisServer } from '../../src/local/packages/index.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** For `findRedisServer` and `findRecogniser`: the cache that the local stack uses too. */
    findOptions: Pick<FindOptions, 'cacheFolder' | 'environment'>
  }
}

/** Once per run, before the workers: what must be fetched is fetched here, and only once. */
export async function setup(project: TestProject): Promise<void> {
  const findOptions = {
    cacheFolder: fileURLToPath(new URL('../../.local/packages', import.meta.url)),
    // biome-ignore lint/style/noProcessEnv: the tests' only reader, as src/config/env.ts is the service's
    environment: { ...process.env },
  }
  const announce = (line: string) => project.vitest.logger.log(line)
  await findRedisServer({ ...findOptions, announce })
  project.provide('findOptions', findOptions)
}
