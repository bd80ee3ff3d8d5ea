import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createDeepgram } from '../../src/adapters/deepgram/index.ts'
import { createOpenaiTranscription } from '../../src/adapters/openai/index.ts'
import { systemClock } from '../../src/adapters/system/system-clock.ts'
import type { TranscriptionRequest } from '../../src/ports/index.ts'
import { type ProviderServer, startProviderServer } from '../support/provider-server.ts'
import { API_KEY, speechToTextContract, tone } from './speech-to-text.contract.ts'

speechToTextContract('deepgram', ({ server, ...options }) =>
  createDeepgram({ apiKey: API_KEY, baseUrl: server.baseUrl, ...options }),
)

speechToTextContract('openai', ({ server, ...options }) =>
  createOpenaiTranscription({ apiKey: API_KEY, baseUrl: server.openaiBaseUrl, ...options }),
)

let server: ProviderServer
beforeEach(async () => {
  server = await startProviderServer()
})
afterEach(async () => server.close())

const request = (extra: Partial<TranscriptionRequest> = {}): TranscriptionRequest => ({
  pcm: tone(1_000),
  signal: new AbortController().signal,
  ...extra,
})
const sent = () => server.requests[0]?.parameters ?? []
const asApiKey = { apiKey: API_KEY, clock: systemClock() }

describe('deepgram', () => {
  const deepgram = (model?: string) =>
    createDeepgram({ ...asApiKey, baseUrl: server.baseUrl, ...(model && { model }) })

  it('asks for formatting, speakers and the detected language', async () => {
    await deepgram().transcribe(request())
    expect(sent()).toEqual([
      ['model', 'nova-3'],
      ['smart_format', 'true'],
      ['punctuate', 'true'],
      ['diarize', 'true'],
      ['detect_language', 'true'],
    ])
  })

  it('tells who spoke each word', async () => {
    const [hello, hi] = [
      { text: 'Hello?', startMs: 12.4, endMs: 400, speaker: 0 },
      { text: 'Hi!', startMs: 500, endMs: 999.6, speaker: 1 },
    ]
    await using two = await startProviderServer({
      hear: () => ({ text: 'Hello? Hi!', words: [hello, hi] }),
    })
    const stt = createDeepgram({ ...asApiKey, baseUrl: two.baseUrl })
    expect((await stt.transcribe(request())).words).toEqual([
      { text: 'Hello?', startMs: 12, endMs: 400, speaker: '0' },
      { text: 'Hi!', startMs: 500, endMs: 1_000, speaker: '1' },
    ])
  })

  it.each([
    ['nova-3', 'keyterm'],
    ['nova-3-medical', 'keyterm'],
    ['nova-2-general', 'keywords'],
  ])('gives %s its vocabulary as %s', async (model, parameter) => {
    await deepgram(model).transcribe(request({ vocabulary: ['Omi'] }))
    expect(sent()).toContainEqual([parameter, 'Omi'])
  })

  it('keeps its key terms below what Deepgram refuses a call for', async () => {
    const vocabulary = Array.from({ length: 100 }, (_, i) => `pronunciation${i}`)
    await deepgram().transcribe(request({ vocabulary }))
    const terms = sent().filter(([name]) => name === 'keyterm')
    expect(terms.length).toBeGreaterThan(50)
    expect(terms.map(([, term]) => term).join('').length).toBeLessThanOrEqual(1_000)
  })

  it('blames the configuration for a 400 that names the model', async () => {
    const body = '{"err_code":"Bad Request","err_msg":"No such model/language/tier combination"}'
    server.faults.add({ kind: 'status', status: 400, body })
    await expect(deepgram('nova-9').transcribe(request())).rejects.toMatchObject({
      reasonCode: 'stt_configuration_error',
    })
  })

  it('keeps the path of its base URL', async () => {
    const stt = createDeepgram({ ...asApiKey, baseUrl: `${server.baseUrl}/proxy/` })
    expect((await stt.transcribe(request())).text).toMatch(/^Audio [0-9a-f]{8} of 1000 /)
  })
})

describe('openai', () => {
  const openai = (model?: string) =>
    createOpenaiTranscription({
      ...asApiKey,
      baseUrl: server.openaiBaseUrl,
      ...(model && { model }),
    })
  const answering = async (answer: unknown, contentType?: string) => {
    const body = typeof answer === 'string' ? answer : JSON.stringify(answer)
    server.faults.add({ kind: 'body', body, ...(contentType && { contentType }) })
    return openai().transcribe(request())
  }

  it('asks Whisper for word and segment times', async () => {
    await openai().transcribe(request())
    expect(sent()).toContainEqual(['response_format', 'verbose_json'])
    const times = sent().filter(([name]) => name.startsWith('timestamp_granularities'))
    expect(times.map(([, value]) => value)).toEqual(['word', 'segment'])
  })

  it('asks a gpt model for the one shape it knows', async () => {
    expect(await openai('gpt-4o-transcribe').transcribe(request())).toMatchObject({ words: [] })
    expect(sent()).toContainEqual(['response_format', 'json'])
    expect(sent().some(([name]) => name.startsWith('timestamp'))).toBe(false)
  })

  it('is content with a server that answers text alone', async () => {
    expect(await answering({ text: ' Hello. ' })).toEqual({ text: 'Hello.', words: [] })
  })

  it('is content with JSON that does not call itself so', async () => {
    expect(await answering('{"text":"Hello."}', 'text/plain')).toMatchObject({ text: 'Hello.' })
  })

  it('falls back to segments where no words are given', async () => {
    const segments = [
      { id: 0, start: 0, end: 0.4, text: ' Hello.' },
      { id: 1, start: 0.5, end: 1, text: ' Bye.' },
    ]
    expect((await answering({ text: 'Hello. Bye.', words: null, segments })).words).toEqual([
      { text: 'Hello.', startMs: 0, endMs: 400 },
      { text: 'Bye.', startMs: 500, endMs: 1_000 },
    ])
  })

  it.each([
    ['english', 'en'],
    ['haitian creole', 'ht'],
    ['fr', 'fr'],
    ['pt-BR', 'pt-BR'],
    ['nonsense', undefined],
    [null, undefined],
  ])('reads the language %j as %j', async (language, tag) => {
    expect((await answering({ text: 'x', language })).language).toBe(tag)
  })

  it('asks for a language by its first subtag', async () => {
    await openai().transcribe(request({ language: 'en-GB' }))
    expect(sent()).toContainEqual(['language', 'en'])
  })

  it('blames the configuration for a 400 that names the model', async () => {
    const body = '{"error":{"message":"no","type":"x","code":"model_not_found"}}'
    server.faults.add({ kind: 'status', status: 400, body })
    await expect(openai('whisper-9').transcribe(request())).rejects.toMatchObject({
      reasonCode: 'stt_configuration_error',
    })
  })
})
