import { describe, expect, it } from 'vitest'
import { Secret } from '../../../src/config/index.ts'
import { createLogger } from '../../../src/telemetry/index.ts'
import { captureLines } from './captured-lines.ts'

describe('createLogger', () => {
  it('writes one line an entry in the fields Cloud Logging reads, and nothing beside them', () => {
    const { logger, text, lines } = captureLines({ base: { service: 'sync', revision: 'r-1' } })
    logger.info({ files: 3, empty: undefined }, 'Upload accepted')
    expect(text().endsWith('}\n')).toBe(true)
    expect(lines()).toEqual([
      {
        severity: 'INFO',
        time: '2026-11-22T12:00:00.005Z',
        service: 'sync',
        revision: 'r-1',
        files: 3,
        message: 'Upload accepted',
      },
    ])
  })

  it('names severities as Cloud Logging does', () => {
    const { logger, lines } = captureLines()
    logger.debug({}, 'a')
    logger.info({}, 'b')
    logger.warn({}, 'c')
    logger.error({}, 'd')
    expect(lines().map((line) => line['severity'])).toEqual(['DEBUG', 'INFO', 'WARNING', 'ERROR'])
  })

  it('stamps the wall clock as RFC 3339 when no clock is handed in', () => {
    const written: string[] = []
    const logger = createLogger({
      level: 'info',
      destination: { write: (line) => void written.push(line) },
    })
    logger.info({}, 'x')
    const time = Date.parse(JSON.parse(written[0] ?? '{}').time)
    expect(Math.abs(Date.now() - time)).toBeLessThan(60_000)
  })

  it('writes nothing below its level', () => {
    const { logger, lines } = captureLines({ level: 'warn' })
    logger.info({}, 'quiet')
    logger.child({ a: 1 }).debug({}, 'quiet')
    expect(lines()).toEqual([])
  })

  it('carries the facts of its parents in every line', () => {
    const { logger, lines } = captureLines()
    logger.child({ room: 'jobs' }).child({ jobId: 'j' }).info({ n: 1 }, 'x')
    expect(lines()[0]).toMatchObject({ room: 'jobs', jobId: 'j', n: 1 })
  })

  it('logs a user id only when told to, wherever it stands', () => {
    const facts = { uid: 'user-1', uidHash: 'h', owner: { uid: 'user-1' } }
    const hashed = captureLines()
    hashed.logger.child({ uid: 'user-1' }).info(facts, 'x')
    expect(hashed.text()).not.toContain('user-1')
    expect(hashed.lines()[0]).toMatchObject({ uidHash: 'h' })
    const raw = captureLines({ rawUid: true })
    raw.logger.info(facts, 'x')
    expect(raw.lines()[0]).toMatchObject({ uid: 'user-1', owner: { uid: 'user-1' } })
  })

  it('writes no credential, whatever field or depth it comes in', () => {
    const { logger, text } = captureLines()
    const headers = {
      Authorization: 'hunter2',
      'X-BYOK-Deepgram': 'hunter2',
      'x-byok-openai': ['hunter2'],
      cookie: 'hunter2',
    }
    logger.info({ headers, req: { raw: [{ headers }] } }, 'x')
    logger.child({ headers }).warn({ password: new Secret('hunter2') }, 'x')
    logger.info({ note: 'got Bearer hunter2hunter2hunter2', at: 'redis://:hunter2@h/0' }, 'x')
    logger.info({ token: 'eyJhbGciOiJIUzI1NiJ9.eyJodW50ZXIyIjoxfQ.c2ln' }, 'x')
    expect(text()).not.toMatch(/hunter2|eyJ/)
    expect(text()).toContain('[redacted]')
  })

  it('writes no bytes', () => {
    const { logger, lines } = captureLines()
    logger.info({ body: Buffer.from('audio'), pcm: new Int16Array(4) }, 'x')
    expect(lines()[0]).toMatchObject({ body: '[5 bytes]', pcm: '[8 bytes]' })
  })

  it('survives facts that lead back to themselves', () => {
    const { logger, lines } = captureLines()
    const loop: Record<string, unknown> = { n: 1 }
    loop['self'] = loop
    logger.info({ loop }, 'x')
    expect(lines()).toHaveLength(1)
  })
})
