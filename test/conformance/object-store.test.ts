import { describe, expect, it, vi } from 'vitest'
import { createGcsObjectStore, createStorage, routeByPrefix } from '../../src/adapters/gcs/index.ts'
import { createMemoryObjectStore } from '../../src/adapters/memory/object-store.ts'
import { createCrc32c } from '../../src/adapters/native-crc/index.ts'
import { systemClock } from '../../src/adapters/system/system-clock.ts'
import { lazily } from '../../src/kernel/index.ts'
import type { ObjectStore } from '../../src/ports/index.ts'
import { objectStoreLater } from '../../src/wiring/load-later.ts'
import { bytes, chunked, textOf } from './object-store/calls.ts'
import { gcsStoreAt, LIMITS, startGcs } from './object-store/gcs-subject.ts'
import { objectStoreContract } from './object-store.contract.ts'

const memory = () => createMemoryObjectStore({ clock: systemClock(), checksum: createCrc32c })

objectStoreContract('memory', async () => ({
  store: memory(),
  close: async () => undefined,
}))

objectStoreContract('two stores routed by prefix', async () => ({
  store: routeByPrefix({ staging: memory(), data: memory() }),
  close: async () => undefined,
}))

objectStoreContract('a store that is loaded at its first call', async () => ({
  store: objectStoreLater(lazily(async () => memory())),
  close: async () => undefined,
}))

objectStoreContract('Cloud Storage client, local server', async () => {
  const server = await startGcs()
  return { store: gcsStoreAt(server.endpoint), close: () => server.close() }
})

describe('two stores routed by prefix', () => {
  it('keeps what is staged apart from what stays, and lists both in one order', async () => {
    const [staging, data] = [memory(), memory()]
    const both = routeByPrefix({ staging, data })
    const names = ['outcomes/a', 'staging/a', 'staging/b', 'transcripts/a']
    for (const name of names) await both.create(name, bytes(name), { contentType: 'text/plain' })
    const listed = async (store: ObjectStore, prefix: string, limit = 9) =>
      (await store.list(prefix, { limit })).map(({ name }) => name)
    expect(await listed(staging, '')).toEqual(names.slice(1, 3))
    expect(await listed(data, '')).toEqual(['outcomes/a', 'transcripts/a'])
    expect(await listed(both, '')).toEqual(names)
    expect(await listed(both, 's', 2)).toEqual(names.slice(1, 3))
    expect(await listed(both, 'staging/b')).toEqual(['staging/b'])
    expect(await textOf(both, 'outcomes/a')).toBe('outcomes/a')
  })
})

describe('the Cloud Storage store', () => {
  it('passes a seam before and after every durable step', async () => {
    await using server = await startGcs()
    const seen: string[] = []
    const store = createGcsObjectStore({
      checksum: createCrc32c,
      storage: createStorage({
        apiEndpoint: server.endpoint,
        projectId: 'test-project',
        checksum: createCrc32c,
      }),
      bucket: 'objects',
      clock: systemClock(),
      ...LIMITS,
      probe: (step, moment) => void seen.push(`${moment} ${step}`),
    })
    const text = { contentType: 'text/plain' }
    await store.create('staging/u/j/manifest.json', bytes('x'), text)
    await store.createFromStream('staging/u/j/000.bin', chunked([bytes('x')]), text)
    await store.replace('timelines/u/20260101.json', bytes('x'), { ...text, ifGeneration: '0' })
    await store.delete('staging/u/j/manifest.json')
    const steps = ['create.manifest', 'create.blob', 'replace.timeline', 'delete.manifest']
    expect(seen).toEqual(steps.flatMap((step) => [`before object.${step}`, `after object.${step}`]))
  })

  it('is not built beside STORAGE_EMULATOR_HOST, which bends the paths of its client', () => {
    vi.stubEnv('STORAGE_EMULATOR_HOST', 'http://127.0.0.1:9')
    expect(() =>
      createStorage({ apiEndpoint: 'http://127.0.0.1:9', checksum: createCrc32c }),
    ).toThrow(/EMULATOR_HOST/)
    expect(() => createStorage({ checksum: createCrc32c })).toThrow(/EMULATOR_HOST/)
    vi.unstubAllEnvs()
  })
})
