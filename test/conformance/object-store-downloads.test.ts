import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { UnavailableError } from '../../src/kernel/index.ts'
import type { FaultRule } from '../../src/local/gcs/index.ts'
import { ObjectMissingError, type ObjectStore } from '../../src/ports/index.ts'
import { bytes, fresh, TEXT, WHY } from './object-store/calls.ts'
import { gcsForTests, gcsStoreAt, LIMITS } from './object-store/gcs-subject.ts'

const LONG_MS = 3_600_000

describe('a download from the Cloud Storage store', () => {
  const gcs = gcsForTests()
  const arm = (rule: FaultRule) => gcs.server.faults.add(rule)
  const hits = () => gcs.server.faults.list().map((rule) => rule.hits)

  describe('goes on where a download', () => {
    const counted = (length: number) => Array.from({ length }, (_, at) => String(at % 10)).join('')

    it.for([
      ['was reset', { cutBodyAfterBytes: 300_000 }],
      ['ended early', { cutBodyAfterBytes: 300_000, cutBy: 'end' }],
      ['stalled', { stallBodyAfterBytes: 300_000 }],
    ] as const)('%s: every byte comes once, in order (F61)', async ([, fault]) => {
      const text = counted(1_000_000)
      const name = await put(text)
      arm({ operation: 'read', times: 2, ...fault })
      expect(String(await buffer(gcs.store.openRead(name))) === text).toBe(true)
      expect(hits()).toEqual([2])
    })

    it('was cut, of the generation that it began with', async () => {
      const name = await put('a'.repeat(1_000_000))
      arm({ operation: 'read', cutBodyAfterBytes: 300_000, cutBy: 'end' })
      const body = gcs.store.openRead(name)[Symbol.asyncIterator]()
      await body.next()
      const live = await gcs.store.stat(name)
      const replaced = { ...TEXT, ifGeneration: live?.generation ?? '' }
      await gcs.store.replace(name, bytes('b'.repeat(1_000_000)), replaced)
      const { failure } = await drain({ [Symbol.asyncIterator]: () => body })
      expect(failure).toBeInstanceOf(ObjectMissingError)
    })
  })

  describe('says that nothing is proven', () => {
    it.for(['reset', 'end'] as const)(
      'a download cut by %s again and again never reads as one that ended (F61)',
      async (cutBy) => {
        const name = await put('x'.repeat(1_000_000))
        arm({ operation: 'read', cutBodyAfterBytes: 100_000, cutBy, times: 1_000 })
        const { received, failure } = await drain(gcs.store.openRead(name))
        expect(failure).toBeInstanceOf(UnavailableError)
        expect(received).toBeLessThanOrEqual(600_000)
      },
    )

    it('a download that brings no byte is given up when its budget is spent', async () => {
      const name = await put('x'.repeat(1_000_000))
      arm({ operation: 'read', stallBodyAfterBytes: 0, times: 1_000 })
      const started = performance.now()
      const { received, failure } = await drain(gcs.store.openRead(name))
      expect(failure).toBeInstanceOf(UnavailableError)
      expect(received).toBe(0)
      expect(performance.now() - started).toBeLessThan(LIMITS.operationTimeoutMs * 2)
    })
  })

  it('does not take a slow reader for a stalled download', async () => {
    const name = await put('x'.repeat(400_000))
    let received = 0
    for await (const chunk of gcs.store.openRead(name)) {
      if (received === 0) await sleep(LIMITS.readIdleTimeoutMs * 2)
      received += chunk.length
    }
    expect(received).toBe(400_000)
  })

  it('ends a download with the reason of its signal, between chunks and while it waits', async () => {
    const name = await put('x'.repeat(1_000_000))
    arm({ operation: 'read', stallBodyAfterBytes: 300_000 })
    const caller = new AbortController()
    const patient = gcsStoreAt(gcs.server.endpoint, 'objects', { readIdleTimeoutMs: LONG_MS })
    setTimeout(() => caller.abort(WHY), 100)
    const { failure } = await drain(patient.openRead(name, caller.signal))
    expect(failure).toBe(WHY)
  })

  it('prints no warning of the runtime while it downloads', async () => {
    const name = await put('x'.repeat(3_000_000))
    const warnings: string[] = []
    const listen = (warning: Error) => warnings.push(warning.name)
    process.on('warning', listen)
    expect((await drain(gcs.store.openRead(name))).received).toBe(3_000_000)
    await new Promise((resolve) => setImmediate(resolve))
    process.off('warning', listen)
    expect(warnings).toEqual([])
  })

  async function put(text: string): Promise<string> {
    const name = fresh()
    await gcs.store.create(name, bytes(text), TEXT)
    return name
  }
})

async function drain(
  source: ReturnType<ObjectStore['openRead']>,
): Promise<{ received: number; failure?: unknown }> {
  let received = 0
  try {
    for await (const chunk of source) received += chunk.length
  } catch (failure) {
    return { received, failure }
  }
  return { received }
}
