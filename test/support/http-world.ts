import { connect } from 'node:net'
import { createMemoryLoadHistory } from '../../src/adapters/memory/load-history.ts'
import { systemClock } from '../../src/adapters/system/system-clock.ts'
import { createConsole } from '../../src/console/index.ts'
import type { AdmissionLimits } from '../../src/http/admission.ts'
import { type AppDeps, createAdmission, createApp, openDoor } from '../../src/http/index.ts'
import type { MultipartOptions } from '../../src/http/multipart.ts'
import { uidSchema } from '../../src/kernel/index.ts'
import { loadOf } from '../../src/operators/index.ts'
import { toneName } from './tones.ts'
import { createWorld, type World, type WorldOptions } from './world.ts'

interface HttpOptions {
  readonly multipart?: Partial<MultipartOptions>
  readonly headersTimeoutMs?: number
  readonly admission?: Partial<AdmissionLimits>
  readonly usedMemoryBytes?: () => number
  readonly http?: Partial<
    Pick<AppDeps, 'runAbortMs' | 'requestTimeoutMs' | 'runs' | 'console' | 'streamHeartbeatMs'>
  >
}

export const USER = 'Bearer user user-1'

/** The world behind its real HTTP server; requests live on real time, jobs on the simulated one. */
export async function startHttpWorld(
  options: WorldOptions & HttpOptions = {},
): Promise<World & AsyncDisposable & { readonly base: string; readonly port: number }> {
  const world = createWorld(options)
  const clock = { ...systemClock(), now: world.clock.now }
  const loadHistory = createMemoryLoadHistory()
  const app = createApp({
    ...world,
    clock,
    events: world.delivery.events,
    tracer: world.delivery.tracer,
    users: {
      verifyUser: async (authorization) => {
        const uid = /^Bearer user (.+)$/.exec(authorization ?? '')?.[1]
        if (uid === 'nobody-knows') return { kind: 'unavailable', reason: 'certificates_timeout' }
        return uid === undefined
          ? { kind: 'rejected', reason: 'no_token' }
          : { kind: 'user', uid: uidSchema.parse(uid) }
      },
    },
    status: { ...world.delivery, clockSkewMs: 3_000 },
    operators: {
      verifyOperator: async (authorization) => {
        const email = /^Bearer operator (.+)$/.exec(authorization ?? '')?.[1]
        if (email) return { kind: 'operator', email }
        return { kind: 'rejected', reason: authorization ? 'wrong_account' : 'no_token' }
      },
    },
    operating: { ...world.delivery, queue: world.queue },
    loadHistory,
    console: createConsole({ audience: undefined, isLocal: true }),
    place: { service: 'sync', revision: undefined, projectId: 'a-project' },
    cancel: world.delivery,
    recovery: {
      ...world.recovery,
      noteLoad: async () => loadHistory.keep(await loadOf(world.store, world.clock.now())),
    },
    accept: { ...world.accept, clock },
    multipart: {
      maxFiles: 20,
      maxBytes: 28 * 1_024 * 1_024,
      idleTimeoutMs: 30_000,
      minBytesPerSecond: 0,
      ...options.multipart,
    },
    admission: createAdmission(
      { clock, random: () => 0.5, usedMemoryBytes: () => options.usedMemoryBytes?.() ?? 0 },
      {
        ...{ maxUploads: 100, maxDeliveries: 100, maxLoopDelayMs: 60_000 },
        ...{ maxMemoryBytes: 1_000, retryAfterMs: 10_000 },
        ...options.admission,
      },
    ),
    speechFromKey: (provider, key) => ({
      provider: `byok:${provider}`,
      transcribe: async () => ({ text: `heard with a key of ${key.length}`, words: [] }),
    }),
    serviceLanguage: undefined,
    pollAfterMs: 3_000,
    streamIntervalMs: 20,
    streamHeartbeatMs: 15_000,
    requestTimeoutMs: 10_000,
    runAbortMs: 0,
    stop: world.stop.signal,
    runs: { track: (work) => work },
    ready: async () => true,
    ...options.http,
  })
  const { headersTimeoutMs = 5_000 } = options
  const server = await openDoor({ host: '127.0.0.1', port: 0, headersTimeoutMs })
  server.admit(app)
  return {
    ...world,
    port: server.port,
    base: `http://127.0.0.1:${server.port}`,
    [Symbol.asyncDispose]: async () => {
      server.destroy()
      await server.close()
    },
  }
}

/** A multipart body with the given files. */
export function form(files: Readonly<Record<string, Uint8Array>>, field = 'files'): FormData {
  const body = new FormData()
  for (const [name, bytes] of Object.entries(files))
    body.append(field, new Blob([Buffer.from(bytes)]), name)
  return body
}

export type HttpWorld = Awaited<ReturnType<typeof startHttpWorld>>

export const UPLOAD = '/v2/sync-local-files'

/** A file recorded so long before now. */
export const name = (world: HttpWorld, agoMs = 3_600_000) => toneName(world.clock.now() - agoMs)

export async function post(
  world: HttpWorld,
  sent: FormData | string,
  headers: Record<string, string> = {},
) {
  const answer = await fetch(world.base + UPLOAD, {
    method: 'POST',
    body: sent,
    headers: { authorization: USER, ...headers },
  })
  return {
    status: answer.status,
    headers: answer.headers,
    body: (await answer.json()) as Record<string, unknown>,
  }
}

/** Sends raw text, one part as given, and returns the status line's number; 0 when the server hung up. */
export function raw(world: HttpWorld, text: string): Promise<number> {
  return new Promise((resolve) => {
    const socket = connect(world.port, '127.0.0.1', () => socket.write(text))
    let got = ''
    socket.on('data', (chunk) => {
      got += chunk.toString()
      const status = /^HTTP\/1\.1 (\d+)/.exec(got)?.[1]
      if (status) {
        resolve(Number(status))
        socket.destroy()
      }
    })
    socket.on('close', () => resolve(0))
    socket.on('error', () => resolve(0))
  })
}

export function rawUpload(world: HttpWorld, part: string, more = ''): string {
  const sent = `--b\r\n${part}\r\n--b--\r\n`
  return [
    `POST ${UPLOAD} HTTP/1.1`,
    `Host: 127.0.0.1:${world.port}`,
    `Authorization: ${USER}`,
    'Content-Type: multipart/form-data; boundary=b',
    `Content-Length: ${Buffer.byteLength(sent)}`,
    more,
    sent,
  ].join('\r\n')
}

/** The job whose task is waiting in the queue. */
export function jobOf(world: HttpWorld) {
  const [task] = world.tasks.due()
  if (!task) throw new Error('no task is waiting')
  world.tasks.answered(task.task.lane, task.task.name, 200)
  return task.task.payload.job_id
}
