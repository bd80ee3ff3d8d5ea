import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { HttpCode } from '../../../src/http/errors.ts'
import {
  DAY_MS,
  HOUR_MS,
  objectNames,
  segmentIdSchema,
  UnavailableError,
} from '../../../src/kernel/index.ts'
import {
  form,
  type HttpWorld,
  jobOf,
  name,
  post,
  startHttpWorld,
  UPLOAD,
  USER,
} from '../../support/http-world.ts'
import { tones } from '../../support/tones.ts'
import { UID } from '../../support/world.ts'

const aSegment = segmentIdSchema.parse('ab'.repeat(20))

type Options = Parameters<typeof startHttpWorld>[0]

interface Refusal {
  readonly status: number
  readonly options?: Options
  readonly provoke: (world: HttpWorld) => Promise<Response>
}

const BODY = tones([100, 2])
const JSON_BODY = { 'content-type': 'application/json' }
const NOBODYS_JOB = '00000000-0000-4000-8000-000000000000'
const as = (authorization: string, more: Record<string, string> = {}) => ({
  headers: { authorization, ...more },
})

const get = (world: HttpWorld, path: string, authorization = USER) =>
  fetch(world.base + path, as(authorization))
const upload = (
  world: HttpWorld,
  how: {
    files?: Record<string, Uint8Array>
    headers?: Record<string, string>
    query?: string
  } = {},
) =>
  fetch(`${world.base}${UPLOAD}${how.query ?? ''}`, {
    method: 'POST',
    body: form(how.files ?? { [name(world)]: BODY }),
    ...as(USER, how.headers),
  })
const wish = (world: HttpWorld, preferences: object) =>
  fetch(`${world.base}/v2/preferences`, {
    method: 'PUT',
    body: JSON.stringify(preferences),
    ...as(USER, JSON_BODY),
  })
const accepted = async (world: HttpWorld) => {
  await post(world, form({ [name(world)]: BODY }))
  return jobOf(world)
}
const unavailable = (party: string) => () => Promise.reject(new UnavailableError('down', { party }))

/** One way to each refusal that the service knows; a new code has no place in the types until it is here. */
const REFUSALS: Readonly<Record<HttpCode, Refusal>> = {
  capacity: { status: 503, options: { admission: { maxUploads: 0 } }, provoke: upload },
  invalid_upload: {
    status: 400,
    provoke: (world) =>
      fetch(world.base + UPLOAD, { method: 'POST', body: '{}', ...as(USER, JSON_BODY) }),
  },
  invalid_file_name: {
    status: 400,
    provoke: (world) => upload(world, { files: { 'a.wav': BODY } }),
  },
  invalid_conversation_id: {
    status: 400,
    provoke: (world) => upload(world, { query: '?conversation_id=x' }),
  },
  invalid_idempotency_key: {
    status: 400,
    provoke: (world) => upload(world, { headers: { 'idempotency-key': 'k'.repeat(256) } }),
  },
  idempotency_key_reused: {
    status: 422,
    provoke: async (world) => {
      const headers = { 'idempotency-key': 'mine' }
      await upload(world, { headers })
      return upload(world, { headers, files: { [name(world, 60_000)]: tones([7, 2]) } })
    },
  },
  upload_timeout: {
    status: 408,
    options: { multipart: { idleTimeoutMs: 50 } },
    provoke: (world) => {
      const body = new ReadableStream({
        start: (controller) => controller.enqueue(Buffer.from('--b\r\n')),
      })
      const type = { 'content-type': 'multipart/form-data; boundary=b' }
      const request = { method: 'POST', body, duplex: 'half', ...as(USER, type) }
      return fetch(world.base + UPLOAD, request)
    },
  },
  upload_too_large: {
    status: 413,
    options: { multipart: { maxBytes: 1_000 } },
    provoke: (world) => upload(world),
  },
  backfill_lookback_exceeded: {
    status: 422,
    provoke: (world) => upload(world, { files: { [name(world, 31 * DAY_MS)]: BODY } }),
  },
  fair_use_restricted: {
    status: 429,
    options: { fairUse: { limits: { ceilingMs: HOUR_MS } } },
    provoke: async (world) => {
      await world.rig?.meter.restore({ uid: UID, uidHash: world.uidHash }, [
        { segmentId: aSegment, speechMs: HOUR_MS, meteredAt: world.clock.now() },
      ])
      return upload(world)
    },
  },
  staging_unavailable: {
    status: 503,
    options: { objects: (objects) => ({ ...objects, create: unavailable('gcs') }) },
    provoke: (world) => upload(world),
  },
  ledger_unavailable: {
    status: 503,
    options: { store: (store) => ({ ...store, view: unavailable('redis') }) },
    provoke: (world) => get(world, `${UPLOAD}/${NOBODYS_JOB}`),
  },
  timeout: {
    status: 503,
    options: {
      http: { requestTimeoutMs: 50 },
      store: (store) => ({ ...store, view: () => delay(60_000, undefined, { ref: false }) }),
    },
    provoke: (world) => get(world, `${UPLOAD}/${NOBODYS_JOB}`),
  },
  newer_schema: {
    status: 503,
    provoke: async (world) => {
      const newer = Buffer.from('{"schemaVersion":2}')
      const contentType = 'application/json'
      await world.memory.create(objectNames.preferences(world.uidHash), newer, { contentType })
      return get(world, '/v2/preferences')
    },
  },
  identity_unavailable: {
    status: 503,
    provoke: (world) => get(world, '/v2/conversations', 'Bearer user nobody-knows'),
  },
  certificates_unavailable: {
    status: 500,
    options: {
      deps: {
        verifier: {
          verifyCaller: async () => ({ kind: 'unavailable', reason: 'certificates_timeout' }),
        },
      },
    },
    provoke: (world) => fetch(`${world.base}/v2/sync-jobs/reap`, { method: 'POST' }),
  },
  unauthenticated: { status: 401, provoke: (world) => get(world, '/v2/conversations', '') },
  forbidden: {
    status: 403,
    provoke: (world) => get(world, '/v2/admin/overview', 'Bearer somebody'),
  },
  unsupported_byok_provider: {
    status: 400,
    provoke: (world) => upload(world, { headers: { 'x-byok-acme': 'a-key-of-mine' } }),
  },
  invalid_byok_key: {
    status: 400,
    provoke: (world) => upload(world, { headers: { 'x-byok-deepgram': 'short' } }),
  },
  job_not_found: { status: 404, provoke: (world) => get(world, `${UPLOAD}/${NOBODYS_JOB}`) },
  job_forbidden: {
    status: 403,
    provoke: async (world) =>
      get(world, `${UPLOAD}/${await accepted(world)}`, 'Bearer user user-2'),
  },
  job_ended: {
    status: 409,
    provoke: async (world) => {
      const jobId = await accepted(world)
      await world.deliver(jobId)
      return fetch(`${world.base}/v2/admin/jobs/${jobId}/cancel`, {
        method: 'POST',
        body: '{"reason":"a test"}',
        ...as('Bearer operator ann@example.com', JSON_BODY),
      })
    },
  },
  conversation_not_found: {
    status: 404,
    provoke: (world) => get(world, '/v2/conversations/nope'),
  },
  invalid_request: { status: 400, provoke: (world) => get(world, '/v2/conversations?limit=0') },
  invalid_preferences: { status: 400, provoke: (world) => wish(world, { speed: 2 }) },
  invalid_language: { status: 400, provoke: (world) => wish(world, { language: 'no tag' }) },
  invalid_vocabulary: { status: 400, provoke: (world) => wish(world, { vocabulary: [''] }) },
  not_found: { status: 404, provoke: (world) => get(world, '/nope') },
  internal_error: {
    status: 500,
    options: {
      store: (store) => ({ ...store, view: () => Promise.reject(new Error('a bug of ours')) }),
    },
    provoke: (world) => get(world, `${UPLOAD}/${NOBODYS_JOB}`),
  },
}

describe('a refusal has its code, words for a person, and when waiting helps how long (I12)', () => {
  test.each(Object.entries(REFUSALS))('%s', async (code, { status, options, provoke }) => {
    await using world = await startHttpWorld(options)
    const answer = await provoke(world)
    const { detail, ...rest } = (await answer.json()) as Record<string, unknown>
    expect([answer.status, rest]).toEqual([status, { code }])
    expect(detail).toMatch(/^\S+( \S+){2,}$/)
    expect(detail).not.toMatch(/redis|gcs|bucket|undefined|object Object|a bug of ours/i)
    const waits = status === 429 || status === 503
    const retryAfter = answer.headers.get('retry-after')
    if (waits) expect(retryAfter).toMatch(/^[1-9]\d*$/)
    else expect(retryAfter).toBeNull()
    const reason = { 429: 'fair_use', 503: 'backfill_capacity' }[status] ?? null
    expect(answer.headers.get('x-omi-rate-limit-reason')).toBe(reason)
  })
})
