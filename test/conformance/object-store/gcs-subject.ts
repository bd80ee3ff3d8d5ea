import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { createGcsObjectStore, createStorage } from '../../../src/adapters/gcs/index.ts'
import { createCrc32c } from '../../../src/adapters/native-crc/index.ts'
import { systemClock } from '../../../src/adapters/system/system-clock.ts'
import { type GcsServer, startGcsServer } from '../../../src/local/gcs/index.ts'
import type { ObjectStore } from '../../../src/ports/index.ts'

export const LIMITS = { readIdleTimeoutMs: 150, operationTimeoutMs: 1_500 }

/** The adapter against any server of the protocol. */
export function gcsStoreAt(
  apiEndpoint: string,
  bucket = 'objects',
  limits: Partial<typeof LIMITS> = {},
): ObjectStore {
  const storage = createStorage({ apiEndpoint, projectId: 'test-project', checksum: createCrc32c })
  const clock = systemClock()
  return createGcsObjectStore({
    checksum: createCrc32c,
    storage,
    bucket,
    clock,
    random: () => 0,
    ...LIMITS,
    ...limits,
  })
}

export async function startGcs(): Promise<GcsServer> {
  const folder = await mkdtemp(join(tmpdir(), 'gcs-'))
  const server = await startGcsServer({
    folder,
    port: 0,
    buckets: ['objects'],
    now: () => Date.now(),
  })
  const close = async () => {
    await server.close()
    await rm(folder, { recursive: true })
  }
  return { ...server, close, [Symbol.asyncDispose]: close }
}

/** A local server for the cases of the surrounding `describe`, its faults lifted after each. */
export function gcsForTests(): { readonly server: GcsServer; readonly store: ObjectStore } {
  let server: GcsServer | undefined
  let store: ObjectStore | undefined
  beforeAll(async () => {
    server = await startGcs()
    store = gcsStoreAt(server.endpoint)
  })
  afterEach(() => server?.faults.clear())
  afterAll(() => server?.close())
  const ready = <T>(part: T | undefined): T => {
    if (part === undefined) throw new Error('the server starts before the first case')
    return part
  }
  return {
    get server() {
      return ready(server)
    },
    get store() {
      return ready(store)
    },
  }
}
