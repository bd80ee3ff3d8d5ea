import { describe, expect, it } from 'vitest'
import { RetryableError, UnavailableError } from '../../../src/kernel/index.ts'
import { errorFacts } from '../../../src/telemetry/index.ts'
import { captureLines } from './captured-lines.ts'

describe('errorFacts', () => {
  it('names type, code, reason and place, and the chain of causes', () => {
    const reset = Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })
    const error = new RetryableError('transcription failed', {
      reasonCode: 'stt_upstream_error',
      cause: new UnavailableError('no answer', { party: 'deepgram', cause: reset }),
    })
    expect(errorFacts(error)).toMatchObject({
      type: 'RetryableError',
      message: 'transcription failed',
      reasonCode: 'stt_upstream_error',
      cause: {
        type: 'UnavailableError',
        party: 'deepgram',
        cause: { type: 'Error', message: 'socket hang up', code: 'ECONNRESET' },
      },
    })
    expect(errorFacts(error).frames?.[0]).toMatch(/^at .*redaction\.test\.ts/)
  })

  it('keeps the token and payload that a verifier quotes out of its message and stack', () => {
    const token = 'eyJhbGciOiJSUzI1NiJ9.eyJlbWFpbCI6ImEifQ.c2lnbmF0dXJl'
    const errors = [
      new Error(`Invalid token signature: ${token}`),
      new Error('Token used too late, 1 > 0: {"email":"someone@example.com","sub":"42"}'),
      new Error('{"email":"someone@example.com"'),
      new Error(`Incorrect API key provided: sk-abcdefghijklmnop. See //me:pw@host/?api_key=abc`),
    ]
    for (const error of errors) {
      const printed = JSON.stringify(errorFacts(error))
      expect(printed).not.toMatch(/eyJ|someone@|sk-abc|me:pw|abc&|=abc/)
    }
    expect(errorFacts(errors[1]).message).toBe('Token used too late, 1 > 0: {…}')
  })

  it('leaves out the request a vendor hangs on its error', () => {
    const error = Object.assign(new Error('Request failed with status code 401'), {
      config: { headers: { Authorization: 'hunter2' } },
      response: { body: 'hunter2' },
    })
    const { logger, text } = captureLines()
    logger.error({ error, nested: { err: error } }, 'x')
    logger.error(error, 'y')
    expect(text()).not.toContain('hunter2')
    expect(text()).toContain('status code 401')
  })

  it('cuts a long message and an endless chain of causes', () => {
    const loop = new Error('m'.repeat(1_000_000))
    loop.cause = loop
    const facts = errorFacts(loop)
    expect(facts.message.length).toBeLessThan(310)
    expect(JSON.stringify(facts).length).toBeLessThan(20_000)
  })

  it('describes what was thrown without being an error', () => {
    expect(errorFacts('plain')).toEqual({ type: 'string', message: 'plain' })
    expect(errorFacts(undefined)).toEqual({ type: 'undefined', message: 'undefined' })
  })
})
