import { readFileSync } from 'node:fs'
import { getPriority } from 'node:os'
import { setEnvironmentData } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type ClosableFileDecoder, createFileDecoder } from '../../src/adapters/opus/index.ts'
import { RetryableError } from '../../src/kernel/index.ts'
import { arriving, OPUS_10_MS, type RecordedBody, recording } from '../support/audio.ts'
import { threadPriorities } from '../support/thread-priorities.ts'
import { FAULTS, type Fault } from './file-decoder/faults.ts'
import { fileDecoderContract } from './file-decoder.contract.ts'

/** A thread takes a tenth of a second to start, and far more on a busy machine. */
const PATIENCE = { timeout: 15_000 }

fileDecoderContract('opus', () => createFileDecoder({ workers: 2 }))

describe('opus threads', () => {
  let decoder: ClosableFileDecoder
  let speech: RecordedBody
  let controller: AbortController
  const armed = new Int32Array(new SharedArrayBuffer(4))
  const arm = (fault: Fault) => Atomics.store(armed, 0, FAULTS.indexOf(fault))
  beforeEach(async () => {
    setEnvironmentData('decode-fault', armed)
    const workerUrl = new URL('./file-decoder/faulty.worker.ts', import.meta.url)
    decoder = createFileDecoder({ workers: 1, workerUrl })
    speech = await recording('austen-leisure')
    controller = new AbortController()
  })
  afterEach(async () => {
    arm('none')
    await decoder.close()
  })

  const decode = (body: AsyncIterable<Uint8Array> = arriving(speech.body)) =>
    decoder.decode(body, OPUS_10_MS, { maxDecodedBytes: 2 ** 26, signal: controller.signal })

  it.each(['crash', 'throw'] as const)(
    'a thread that dies by a %s rejects as retryable, and the pool heals',
    async (fault) => {
      arm(fault)
      const failure = decode()
      await expect(failure).rejects.toThrow(RetryableError)
      await expect(failure).rejects.toMatchObject({ reasonCode: 'sync_decode_failed' })
      arm('none')
      expect((await decode()).frames).toBe(1_179)
    },
  )

  it('a thread that hangs is ended by the signal, and who waited gets a new one (F34)', async () => {
    arm('hang')
    const reason = new Error('decoded for too long')
    async function* body() {
      yield* arriving(speech.body)
      arm('none')
      first.abort(reason)
    }
    const first = controller
    const hung = decode(body())
    controller = new AbortController()
    const waiting = decode()
    await expect(hung).rejects.toBe(reason)
    expect((await waiting).frames).toBe(1_179)
  })

  it('a file waits for a free thread before a byte of it is read', async () => {
    const gate = Promise.withResolvers<void>()
    const order: string[] = []
    async function* body(name: string, until?: Promise<void>) {
      order.push(`${name} begins`)
      await until
      yield* arriving(speech.body)
      order.push(`${name} ends`)
    }
    const first = decode(body('first', gate.promise))
    const second = decode(body('second'))
    await expect.poll(() => order, PATIENCE).toEqual(['first begins'])
    gate.resolve()
    await Promise.all([first, second])
    expect(order).toEqual(['first begins', 'first ends', 'second begins', 'second ends'])
  })

  it('a body is read no further than the thread has asked for', async () => {
    arm('idle')
    let read = 0
    async function* endless() {
      for (;;) {
        read += 1_000
        yield new Uint8Array(1_000).fill(1)
      }
    }
    const outcome = decode(endless()).catch((error: unknown) => error)
    await expect.poll(() => read, PATIENCE).toBeGreaterThan(64_000)
    const reached = read
    await new Promise((resolve) => setImmediate(resolve))
    expect(read).toBe(reached)
    expect(read).toBeLessThan(128_000)
    controller.abort(new Error('enough'))
    await expect(outcome).resolves.toMatchObject({ message: 'enough' })
  })

  it.runIf(process.platform === 'linux')('work behind the event loop', async () => {
    const behind = () => threadPriorities().filter((priority) => priority > getPriority()).length
    const before = behind()
    await decode()
    expect(behind()).toBe(before + 1)
  })

  it('closing ends a file in work as retryable and refuses further ones', async () => {
    const begun = Promise.withResolvers<void>()
    async function* stalling() {
      begun.resolve()
      await new Promise(() => undefined)
      yield speech.body
    }
    const outcome = decode(stalling()).catch((error: unknown) => error)
    await begun.promise
    await decoder.close()
    await expect(outcome).resolves.toMatchObject({ reasonCode: 'sync_decode_failed' })
    await expect(decode()).rejects.toMatchObject({ reasonCode: 'sync_decode_failed' })
  })

  it('the version names the installed library, since a plan is bound to it', () => {
    const installed = new URL('../../node_modules/opus-decoder/package.json', import.meta.url)
    const { version } = JSON.parse(readFileSync(installed, 'utf8'))
    expect(decoder.version).toBe(`opus-decoder-${version}/1`)
  })
})
