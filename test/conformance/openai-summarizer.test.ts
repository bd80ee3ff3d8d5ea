import { describe, expect, it } from 'vitest'
import { createOpenaiSummarizer } from '../../src/adapters/openai/index.ts'
import { systemClock } from '../../src/adapters/system/system-clock.ts'
import {
  BusyError,
  RetryableError,
  RunAbortedError,
  TerminalError,
} from '../../src/kernel/index.ts'
import type { Clock, SummaryRequest } from '../../src/ports/index.ts'
import {
  type CompletionServer,
  completionOf,
  hangs,
  type Reply,
  resets,
  responds,
  says,
  stalls,
  startCompletionServer,
} from '../support/completion-server.ts'
import { simulatedClock } from '../support/simulated-clock.ts'
import { until } from '../support/until.ts'

const API_KEY = 'key-4f1d-that-nobody-may-read'
const SUMMARY = {
  title: 'The lost key',
  overview: 'Somebody looks for a key.',
  category: 'personal',
  actionItems: ['Look under the mat'],
} as const
const GOOD = JSON.stringify(SUMMARY)

function summarise(
  server: CompletionServer,
  more: Partial<SummaryRequest> & { clock?: Clock; maxInputCharacters?: number } = {},
) {
  const { clock = systemClock(), maxInputCharacters = 60_000, ...request } = more
  return createOpenaiSummarizer({
    ...{ clock, maxInputCharacters, apiKey: API_KEY, baseUrl: server.baseUrl },
    model: 'test-model',
    timeoutMs: 60_000,
  }).summarize({
    transcripts: [{ text: 'Where is the Zanzibar key?', startMs: 0, language: 'en' }],
    signal: new AbortController().signal,
    ...request,
  })
}

/** The error of a summary that meets this, and how often the server was asked. */
async function refusal(...replies: readonly Reply[]) {
  await using server = await startCompletionServer(...replies)
  const error: unknown = await summarise(server).then(String, (reason: unknown) => reason)
  if (!(error instanceof Error)) throw new Error(`no error, but ${error}`)
  expect(`${error.message} ${error.stack} ${String(error.cause)}`).not.toMatch(/4f1d|Zanzibar/)
  return { error, asked: server.requests.length }
}

describe('the summarizer of an OpenAI server', () => {
  it('asks once, for JSON of the schema, with times and words', async () => {
    await using server = await startCompletionServer(says(GOOD))
    expect(await summarise(server)).toEqual(SUMMARY)
    expect(server.requests).toMatchObject([
      { model: 'test-model', response_format: { type: 'json_schema' } },
    ])
    const [system, user] = server.requests[0]?.messages ?? []
    expect(system).toMatchObject({ role: 'system' })
    expect(user).toEqual({
      role: 'user',
      content: '[1970-01-01T00:00:00.000Z] Where is the Zanzibar key?',
    })
  })

  it('takes JSON out of a fence, and cuts what is too long', async () => {
    const long = { ...SUMMARY, title: `  ${'t'.repeat(500)}`, actionItems: Array(50).fill('Do it') }
    await using server = await startCompletionServer(
      says(`\`\`\`json\n${JSON.stringify(long)}\n\`\`\``),
    )
    const { title, actionItems } = await summarise(server)
    expect(title).toBe('t'.repeat(120))
    expect(actionItems).toHaveLength(20)
  })

  it('leaves out the middle of a long conversation', async () => {
    await using server = await startCompletionServer(says(GOOD))
    const text = `first ${'word '.repeat(1_000)} last`
    const transcripts = [{ text, startMs: 0, language: 'en' }]
    await summarise(server, { transcripts, maxInputCharacters: 200 })
    const sent = server.requests[0]?.messages[1]?.content ?? ''
    expect(sent.length).toBeLessThanOrEqual(200)
    expect(sent).toMatch(/first.*\n\[…\]\n.* last$/s)
  })

  it.each([
    ['text without JSON', 'Here is your summary: they lost a key.', 'it is not JSON'],
    ['nothing, as a refusal does', null, 'it is not JSON'],
    ['half of the JSON', GOOD.slice(0, 40), 'it is not JSON'],
    ['another category', GOOD.replace('personal', 'gossip'), 'category'],
    ['no title', JSON.stringify({ ...SUMMARY, title: ' ' }), 'title'],
    [
      'items that are no texts',
      JSON.stringify({ ...SUMMARY, actionItems: [{ do: 1 }] }),
      'actionItems.0',
    ],
  ])('has %s repaired by one more call that names the fault', async (_, answer, fault) => {
    await using server = await startCompletionServer(says(answer), says(GOOD))
    expect(await summarise(server)).toEqual(SUMMARY)
    expect(server.requests).toHaveLength(2)
    const [, , shown, asked] = server.requests[1]?.messages ?? []
    expect(shown).toEqual({ role: 'assistant', content: answer ?? '' })
    expect(asked?.content).toContain(fault)
  })

  it('that stays unfit is given up after the repair, and not paid for a third time', async () => {
    const { error, asked } = await refusal(says('no'), says('{"title":1}'), says(GOOD))
    expect(error).toBeInstanceOf(TerminalError)
    expect(error).toMatchObject({ reasonCode: 'enrichment_invalid_answer' })
    expect(asked).toBe(2)
  })

  it.each([429, 503])('is told to wait by %i, and asks nothing more (F36)', async (status) => {
    const reply = responds(status, '{"error":{"message":"slow down"}}', { 'retry-after': '7' })
    const { error, asked } = await refusal(reply)
    expect(error).toBeInstanceOf(BusyError)
    expect(error).toMatchObject({ retryAfterMs: 7_000 })
    expect(asked).toBe(1)
  })

  const quoting = JSON.stringify({ error: { message: `bad ${API_KEY}`, code: null } })
  it.each([
    ['500', responds(500, quoting)],
    ['502 of a proxy', responds(502, '<html>Bad gateway</html>', { 'content-type': 'text/html' })],
    ['a redirect', responds(302, '', { location: 'http://127.0.0.1:1/portal' })],
    ['a page with 200', responds(200, '<html>Sign in</html>', { 'content-type': 'text/html' })],
    ['a page called JSON', responds(200, '<html>Sign in</html>')],
    ['an empty body', responds(200, '')],
    ['half a body', responds(200, JSON.stringify(completionOf(GOOD)).slice(0, 60))],
    ['JSON of another API', responds(200, '{"results":{"channels":[]}}')],
    ['no choices', responds(200, '{"choices":[]}')],
    ['a reset', resets],
  ])('may be asked again after %s', async (_, reply) => {
    const { error, asked } = await refusal(reply)
    expect(error).toBeInstanceOf(RetryableError)
    expect(error).toMatchObject({ reasonCode: 'enrichment_upstream_error' })
    expect(asked).toBe(1)
  })

  it.each([
    [401, '{}', 'enrichment_configuration_error'],
    [402, '{}', 'enrichment_configuration_error'],
    [403, quoting, 'enrichment_configuration_error'],
    [404, '{"error":{"code":"model_not_found"}}', 'enrichment_configuration_error'],
    [400, '{"error":{"code":"model_not_found"}}', 'enrichment_configuration_error'],
    [400, '{"error":{"code":"context_length_exceeded"}}', 'enrichment_invalid_input'],
    [413, '', 'enrichment_invalid_input'],
  ])('has nothing to hope for after %i %s', async (status, body, reasonCode) => {
    const { error } = await refusal(responds(status, body))
    expect(error).toBeInstanceOf(TerminalError)
    expect(error).toMatchObject({ reasonCode })
  })

  it.each([
    ['never answers', hangs],
    ['stops half way through its answer', stalls],
  ])('that %s is left after its time, with nothing left open (F37)', async (_, reply) => {
    await using server = await startCompletionServer(reply)
    const clock = simulatedClock()
    const outcome = summarise(server, { clock }).catch((error: unknown) => error)
    await until('the call arrived', () => server.requests.length === 1)
    await clock.advance(60_000)
    const error = await outcome
    expect(error).toBeInstanceOf(RetryableError)
    expect(error).toMatchObject({ reasonCode: 'enrichment_timeout' })
    expect(clock.sleeping).toBe(0)
    await until('the connection is gone', async () => (await server.open()) === 0)
  })

  it('drops the call when its caller stops, for the caller’s reason', async () => {
    await using server = await startCompletionServer(hangs)
    const caller = new AbortController()
    const clock = simulatedClock()
    const outcome = summarise(server, { clock, signal: caller.signal }).catch((e: unknown) => e)
    await until('the call arrived', () => server.requests.length === 1)
    const reason = new RunAbortedError('shutdown')
    caller.abort(reason)
    expect(await outcome).toBe(reason)
    expect(clock.sleeping).toBe(0)
    await until('the connection is gone', async () => (await server.open()) === 0)
  })
})
