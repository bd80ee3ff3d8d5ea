import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/adapters/system/system-clock.ts'
import {
  BusyError,
  type ReasonCode,
  RetryableError,
  TerminalError,
} from '../../src/kernel/index.ts'
import type { Clock, SpeechToText, TranscriptionRequest } from '../../src/ports/index.ts'
import {
  type Heard,
  type ProviderFault,
  type ProviderServer,
  startProviderServer,
} from '../support/provider-server.ts'

export const API_KEY = 'key-4f1d-that-nobody-may-read'

export type MakeSpeechToText = (options: {
  readonly server: ProviderServer
  readonly clock: Clock
  readonly timeoutMs?: number
}) => SpeechToText

/** The port's promise, over real HTTP against a server that misbehaves on request. */
export function speechToTextContract(name: string, make: MakeSpeechToText): void {
  describe(`${name} keeps the speech-to-text contract`, () => {
    let server: ProviderServer
    let heard: Heard
    beforeEach(async () => {
      heard = { text: 'We met at noon.', language: 'en' }
      server = await startProviderServer({ hear: () => heard })
    })
    afterEach(async () => server.close())

    const stt = (options: { clock?: Clock; timeoutMs?: number } = {}) =>
      make({ server, clock: systemClock(), ...options })
    const ask = (request: Partial<TranscriptionRequest> = {}, speechToText = stt()) =>
      speechToText.transcribe({
        pcm: tone(2_000),
        signal: new AbortController().signal,
        ...request,
      })
    const refusal = async (...faults: ProviderFault[]): Promise<Error> => {
      server.faults.add(...faults)
      const vocabulary = ['Zanzibar']
      const error: unknown = await ask({ vocabulary }).then(String, (reason: unknown) => reason)
      if (!(error instanceof Error)) throw new Error(`not an error: ${error}`)
      expect(whole(error), 'what an error tells').not.toMatch(/4f1d|Zanzibar|noon|\?/)
      return error
    }

    it('gives text, language and words in milliseconds from the start', async () => {
      expect(await ask()).toMatchObject({
        text: 'We met at noon.',
        language: 'en',
        words: [
          { text: 'We', startMs: 0, endMs: 500 },
          { text: 'met', startMs: 500, endMs: 1_000 },
          { text: 'at', startMs: 1_000, endMs: 1_500 },
          { text: 'noon.', startMs: 1_500, endMs: 2_000 },
        ],
      })
    })

    it('sends the samples as a WAV file, whole and untouched', async () => {
      const pcm = tone(1_234)
      await ask({ pcm })
      const wav = server.requests[0]?.wav ?? Buffer.alloc(44)
      expect(wav.toString('latin1', 0, 4) + wav.toString('latin1', 8, 16)).toBe('RIFFWAVEfmt ')
      expect(wav.readUInt32LE(24)).toBe(16_000)
      expect(wav.readUInt32LE(40)).toBe(pcm.byteLength)
      expect(Buffer.compare(wav.subarray(44), Buffer.from(pcm.buffer))).toBe(0)
    })

    it('sends a part of a longer buffer without its surroundings', async () => {
      const long = tone(3_000)
      await ask({ pcm: long.subarray(16_000, 32_000) })
      expect(server.requests[0]?.durationMs).toBe(1_000)
      expect(server.requests[0]?.wav.readInt16LE(44)).toBe(long[16_000])
    })

    it('sends language, vocabulary and credentials', async () => {
      await ask({ language: 'de', vocabulary: ['Omi', 'Zanzibar'] })
      expect(server.requests).toMatchObject([{ language: 'de', vocabulary: ['Omi', 'Zanzibar'] }])
      expect(server.requests[0]?.authorization).toContain(API_KEY)
    })

    it('hears silence as empty text, not as a failure', async () => {
      heard = { text: '' }
      expect(await ask()).toMatchObject({ text: '', words: [] })
    })

    it('tells its provider and model', () => {
      expect(stt().provider).toMatch(/^[a-z]+:.+$/)
    })

    it.each([429, 503])('is told to wait by %i (F36)', async (status) => {
      const error = await refusal({ kind: 'status', status, retryAfter: '7' })
      expect(error).toBeInstanceOf(BusyError)
      expect(error).toMatchObject({ retryAfterMs: 7_000 })
    })

    it('reads the date of a Retry-After by its own clock (F36)', async () => {
      const clock = { ...systemClock(), now: () => Date.UTC(2026, 9, 21, 7, 27, 30) }
      const retryAfter = 'Wed, 21 Oct 2026 07:28:00 GMT'
      server.faults.add({ kind: 'status', status: 429, retryAfter })
      await expect(ask({}, stt({ clock }))).rejects.toMatchObject({ retryAfterMs: 30_000 })
    })

    it.each([undefined, 'soon', '-5', ''])(
      'names no wait for a Retry-After of %j',
      async (text) => {
        const retryAfter = text === undefined ? {} : { retryAfter: text }
        const error = await refusal({ kind: 'status', status: 429, ...retryAfter })
        expect(error).toBeInstanceOf(BusyError)
        expect(error).toMatchObject({ retryAfterMs: undefined })
      },
    )

    it.each([401, 402, 403, 404])('blames the configuration for %i', async (status) => {
      const error = await refusal({ kind: 'status', status })
      expect(error).toBeInstanceOf(TerminalError)
      expect(error).toMatchObject(reason('stt_configuration_error'))
    })

    it.each([400, 413, 415, 422])('blames the audio for %i', async (status) => {
      const error = await refusal({ kind: 'status', status })
      expect(error).toBeInstanceOf(TerminalError)
      expect(error).toMatchObject(reason('stt_invalid_input'))
    })

    it.each([302, 408, 409, 500, 502, 504])('may try again after %i', async (status) => {
      expectUpstreamError(await refusal({ kind: 'status', status }))
    })

    it.each(['html-200', 'empty-body', 'truncated-json', 'wrong-shape', 'reset', 'cut'] as const)(
      'takes %s for a failed call, never for silence (F60)',
      async (kind) => expectUpstreamError(await refusal({ kind })),
    )

    it('does not carry the audio to where a redirect points', async () => {
      await using portal = await startProviderServer()
      const locations = [
        `${portal.baseUrl}/v1/listen`,
        `${portal.openaiBaseUrl}/audio/transcriptions`,
      ]
      for (const location of locations) {
        expectUpstreamError(await refusal({ kind: 'status', status: 307, location }))
      }
      expect(portal.requests).toHaveLength(0)
    })

    it('takes a server that is not there for a failed call', async () => {
      const gone = stt()
      await server.close()
      expectUpstreamError(await ask({}, gone).then(String, (error: unknown) => error))
    })

    it('sends one request a call, failed or not', async () => {
      await refusal({ kind: 'status', status: 500, times: 9 })
      expect(server.requests).toHaveLength(1)
    })

    it.each(['hang', 'stall'] as const)('gives up on %s in its own time (F60)', async (kind) => {
      server.faults.add({ kind })
      const timeUp = Promise.withResolvers<void>()
      const askedMs: number[] = []
      const sleep = (ms: number) => {
        askedMs.push(ms)
        return timeUp.promise
      }
      const asking = ask({}, stt({ clock: { ...systemClock(), sleep }, timeoutMs: 4_000 }))
      await until(() => server.requests.length === 1)
      timeUp.resolve()
      const error: unknown = await asking.catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(RetryableError)
      expect(error).toMatchObject(reason('stt_timeout'))
      expect(askedMs).toEqual([4_000])
      await until(() => server.inFlight.now === 0)
    })

    it('waits for an answer that is only slow', async () => {
      server.faults.add({ kind: 'slow', ms: 60 })
      expect(await ask()).toMatchObject({ text: 'We met at noon.' })
    })

    it.each(['hang', 'stall'] as const)("ends %s with the caller's own reason", async (kind) => {
      server.faults.add({ kind })
      const caller = new AbortController()
      const asking = ask({ signal: caller.signal })
      await until(() => server.requests.length === 1)
      const why = new Error('the lease is gone')
      caller.abort(why)
      await expect(asking).rejects.toBe(why)
      await until(() => server.inFlight.now === 0)
    })

    it('sends nothing for a caller who has left already', async () => {
      const why = new Error('the lease is gone')
      await expect(ask({ signal: AbortSignal.abort(why) })).rejects.toBe(why)
      expect(server.requests).toHaveLength(0)
    })
  })
}

/** A sawtooth: every sample differs from its neighbours. */
export function tone(durationMs: number): Int16Array<ArrayBuffer> {
  return Int16Array.from({ length: durationMs * 16 }, (_, i) => ((i * 37) % 20_000) - 10_000)
}

async function until(isTrue: () => boolean): Promise<void> {
  const deadline = performance.now() + 5_000
  while (!isTrue()) {
    if (performance.now() > deadline) throw new Error('it did not happen within 5 s')
    await delay(5)
  }
}

function expectUpstreamError(error: unknown): void {
  expect(error).toBeInstanceOf(RetryableError)
  expect(error).toMatchObject(reason('stt_upstream_error'))
}

function reason(reasonCode: ReasonCode): { reasonCode: ReasonCode } {
  return { reasonCode }
}

/** All that a log line could show of an error, causes and own fields included. */
function whole(error: Error): string {
  const fields = JSON.stringify(
    error,
    Object.getOwnPropertyNames(error).filter((n) => n !== 'stack'),
  )
  return `${error} ${fields} ${error.cause instanceof Error ? whole(error.cause) : ''}`
}
