import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { parseEnv, promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readEnv, toConfig } from '../../src/config/index.ts'
import type { Stack } from '../../src/local/stack/index.ts'
import { buildService, type Service } from '../../src/service.ts'
import { type OtlpReceiver, startOtlpReceiver } from '../support/otlp-receiver.ts'
import {
  eventually,
  recordedBody,
  STACK_START_TIMEOUT_MS,
  secondsAgo,
  startTestStack,
  userOf,
} from './rig.ts'

const UID = 'somebody-whose-name-is-secret'
const CALLER = { trace: 'c'.repeat(32), span: 'd'.repeat(16) }

let receiver: OtlpReceiver
/** Works on what the queue pushes. */
let worker: Stack
/** Takes uploads, in another process; its tasks are pushed to the worker. */
let front: Service
let frontUrl = ''
beforeAll(async () => {
  receiver = await startOtlpReceiver()
  worker = await startTestStack({
    settings: {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_EXPORTER_OTLP_HEADERS: 'x-team=audio,x-key=k%3D1',
      OTEL_METRIC_EXPORT_INTERVAL: '500',
      OTEL_SERVICE_NAME: 'worker',
    },
  })
  const env = parseEnv(await readFile(worker.environmentFile, 'utf8'))
  front = buildService(toConfig(readEnv({ ...env, PORT: '0', OTEL_SERVICE_NAME: 'front' })), {
    log: { write: () => undefined },
  })
  frontUrl = `http://127.0.0.1:${(await front.start()).port}`
}, STACK_START_TIMEOUT_MS)
afterAll(async () => {
  await front.stop()
  await worker.close()
  await receiver[Symbol.asyncDispose]()
}, 30_000)

/** A recording through front and worker to its end; answers its job. */
async function uploadOne(): Promise<string> {
  const form = new FormData()
  const name = `audio_test_opus_16000_1_fs320_${secondsAgo(60)}.bin`
  form.append('files', new Blob([await recordedBody('austen-unless')]), name)
  const { headers, client } = userOf({ api: frontUrl }, UID)
  const answer = await fetch(`${frontUrl}/v2/sync-local-files`, {
    method: 'POST',
    body: form,
    headers: { ...headers, traceparent: `00-${CALLER.trace}-${CALLER.span}-01` },
  })
  const { job_id: jobId } = (await answer.json()) as { job_id: string }
  for await (const status of client.follow(jobId)) {
    if (status.status === 'completed') return jobId
  }
  throw new Error('the job did not complete')
}

describe('a recording on its way through two processes', { timeout: 60_000 }, () => {
  it('leaves one trace from its upload through its task to every stage', async () => {
    const jobId = await uploadOne()
    const spans = await eventually(
      () => receiver.spans().filter((span) => span.traceId === CALLER.trace),
      (seen) => seen.some(({ name }) => name === 'delivery'),
      20_000,
    )
    const byId = new Map(spans.map((span) => [span.spanId, span]))
    const pathOf = (id: string | undefined): string[] => {
      const span = byId.get(id ?? '')
      return span ? [...pathOf(span.parentSpanId), `${span.service}:${span.name}`] : [id ?? '']
    }
    const paths = new Set(spans.map(({ spanId }) => pathOf(spanId).join(' ')))
    const enqueue = `${CALLER.span} front:upload front:enqueue`
    const attempt = `${enqueue} worker:delivery worker:attempt`
    for (const path of [
      `${CALLER.span} front:upload front:object.create`,
      ...['decode', 'detect speech', 'transcribe', 'land'].map(
        (stage) => `${attempt} worker:${stage}`,
      ),
    ]) {
      expect([...paths]).toContain(path)
    }
    const attributes = spans.find(({ name }) => name === 'attempt')?.attributes
    const upload = spans.find(({ name }) => name === 'upload')?.attributes
    expect(upload).toMatchObject({
      'sync.job.id': jobId,
      'sync.upload.files': 1,
      'sync.user.hash': attributes?.['sync.user.hash'],
    })
    expect(attributes).toMatchObject({
      'sync.job.id': jobId,
      'sync.job.attempt': 1,
      'sync.job.epoch': expect.any(Number),
      'sync.job.lane': 'fresh',
      'sync.outcome': 'done',
    })
  })

  it('is counted and measured', async () => {
    const names = (seen: ReturnType<OtlpReceiver['metrics']>) => seen.map(({ name }) => name)
    const metrics = await eventually(
      () => receiver.metrics(),
      (seen) =>
        names(seen).includes('sync.job_finalized') && names(seen).includes('sync.upload_accepted'),
    )
    const value = (name: string, labels: object = {}) =>
      metrics.find(
        (each) =>
          each.name === name &&
          Object.entries(labels).every(([label, word]) => each.labels[label] === word),
      )?.value
    expect(value('sync.upload_accepted', { lane: 'fresh' })).toBe(1)
    expect(value('sync.job_finalized', { status: 'completed' })).toBe(1)
    expect(value('sync.attempt_ended', { outcome: 'done' })).toBe(1)
    expect(value('sync.attempt_seconds', { outcome: 'done' })).toBeGreaterThan(0)
    expect(value('sync.queue_wait_seconds', { lane: 'fresh' })).toBeGreaterThanOrEqual(0)
    expect(value('sync.speech_seconds', { outcome: 'heard' })).toBeGreaterThan(0.5)
    for (const stage of ['decoding', 'vad', 'transcribing']) {
      expect(value('sync.stage_seconds', { stage })).toBeGreaterThanOrEqual(0)
    }
    expect(metrics.find(({ name }) => name === 'sync.stage_seconds')?.unit).toBe('s')
  })

  it('is sent with the configured headers, and without a word of the user', () => {
    expect(receiver.requests.length).toBeGreaterThan(1)
    for (const { headers, body } of receiver.requests) {
      expect(headers).toMatchObject({ 'x-team': 'audio', 'x-key': 'k=1' })
      expect(body.toString()).not.toMatch(new RegExp(`${UID}|Bearer|dev:|austen|audio_test`))
    }
    const names = new Set(receiver.spans().flatMap(({ attributes }) => Object.keys(attributes)))
    const strangers = [...names].filter(
      (name) => !/^(sync\.[a-z_.]+|http\.response\.status_code|error\.type)$/.test(name),
    )
    expect(strangers).toEqual([])
  })
})

describe('what is written', () => {
  it('joins the lines of front and worker by trace and job', async () => {
    const log = await readFile(worker.logFile, 'utf8')
    const lines = log
      .split('\n')
      .filter((line) => line.includes('"segment_landed"') || line.includes('"attempt_ended"'))
    expect(lines.length).toBeGreaterThan(0)
    for (const line of lines) {
      expect(JSON.parse(line)).toMatchObject({
        'logging.googleapis.com/trace': CALLER.trace,
        'logging.googleapis.com/spanId': expect.stringMatching(/^[\da-f]{16}$/),
        'logging.googleapis.com/trace_sampled': true,
        attempt: 1,
        epoch: expect.any(Number),
        lane: 'fresh',
      })
    }
  })
})

describe('without an endpoint', { timeout: 60_000 }, () => {
  it('nothing of the exporter is loaded', async () => {
    const env = parseEnv(await readFile(worker.environmentFile, 'utf8'))
    const script = fileURLToPath(new URL('../support/list-loaded.ts', import.meta.url))
    const loadedWith = async (settings: Record<string, string | undefined>) => {
      const given = { ...env, PORT: '0', ...settings, METADATA_SERVER_DETECTION: 'none' }
      const { stdout } = await promisify(execFile)(process.execPath, [script], { env: given })
      return stdout
        .split('\n')
        .filter((line) => /@opentelemetry\/(sdk|exporter|resources)/.test(line))
    }
    expect(await loadedWith({ OTEL_EXPORTER_OTLP_ENDPOINT: '' })).toEqual([])
    expect((await loadedWith({})).length).toBeGreaterThan(3)
  })
})
