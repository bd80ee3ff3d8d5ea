import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, inject } from 'vitest'
import * as z from 'zod'
import { systemClock } from '../../src/adapters/system/system-clock.ts'
import { createApiClient } from '../../src/client/index.ts'
import {
  LOCAL_NAMES,
  type Stack,
  type StackOptions,
  startStack,
} from '../../src/local/stack/index.ts'

/** Starting on two busy cores, programs found already. */
export const STACK_START_TIMEOUT_MS = 120_000

export type TestStackOptions = Partial<
  Pick<
    StackOptions,
    'dataFolder' | 'mode' | 'serviceMain' | 'settings' | 'speech' | 'recoveryIntervalMs' | 'onEvent'
  >
>

/** The whole local stack on free ports; speech spans only unless asked, since most cases need no words. */
export async function startTestStack(options: TestStackOptions = {}): Promise<Stack> {
  const { cacheFolder, environment } = inject('findOptions')
  const dataFolder = options.dataFolder ?? (await mkdtemp(join(tmpdir(), 'acceptance-')))
  const stack = await startStack({
    mode: 'cloud_tasks',
    speech: 'spans',
    ...options,
    settings: { STATUS_STREAM_INTERVAL_MS: '100', ...options.settings },
    dataFolder,
    packagesFolder: cacheFolder,
    environment,
    clock: systemClock(),
  })
  const close = async () => {
    await stack.close()
    if (options.dataFolder === undefined) await rm(dataFolder, { recursive: true, force: true })
  }
  return { ...stack, close, [Symbol.asyncDispose]: close }
}

/** One stack for all cases of a file or a `describe`, each case with a user of its own. */
export function stackForTests(options: TestStackOptions = {}): { readonly running: Stack } {
  let stack: Stack | undefined
  beforeAll(async () => {
    stack = await startTestStack(options)
  }, STACK_START_TIMEOUT_MS)
  afterAll(() => stack?.close(), 30_000)
  return {
    get running() {
      if (stack === undefined) throw new Error('the stack starts in beforeAll')
      return stack
    },
  }
}

export interface User {
  readonly uid: string
  readonly headers: { readonly authorization: string }
  readonly client: ReturnType<typeof createApiClient>
}

let users = 0
/** A user nobody else is. */
export function newUser(stack: Pick<Stack, 'api'>): User {
  users += 1
  return userOf(stack, `user-${users}`)
}

export function userOf(stack: Pick<Stack, 'api'>, uid: string): User {
  const authorization = `Bearer dev:${uid}`
  const signal = AbortSignal.timeout(120_000)
  const client = createApiClient({ ...stack, authorization, clock: systemClock(), signal })
  return { uid, headers: { authorization }, client }
}

/** What answers have in common, looked at by expectations; an absent field reads as empty. */
const bodySchema = z.looseObject({
  code: z.string().default(''),
  job_id: z.string().default(''),
  status: z.string().default(''),
  conversations: z.array(z.looseObject({ id: z.string() })).default([]),
})

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: z.output<typeof bodySchema>
}

export async function ask(stack: Stack, path: string, init: RequestInit = {}): Promise<Answer> {
  const answer = await fetch(`${stack.api}${path}`, init)
  const text = await answer.text()
  return {
    status: answer.status,
    headers: answer.headers,
    body: bodySchema.parse(JSON.parse(text || '{}')),
  }
}

/** Names of what is staged, for anybody. */
export async function stagedObjects(stack: Stack): Promise<string[]> {
  const bucket = `${stack.gcs.endpoint}/storage/v1/b/${LOCAL_NAMES.stagingBucket}/o`
  const page = (await (await fetch(bucket)).json()) as { items?: { name: string }[] }
  return (page.items ?? []).map(({ name }) => name)
}

/** Looks until it is so. @throws Error that says what was seen last */
export async function eventually<T>(
  look: () => Promise<T> | T,
  isSo: (seen: T) => boolean,
  withinMs = 15_000,
): Promise<T> {
  const deadline = performance.now() + withinMs
  for (;;) {
    const seen = await look()
    if (isSo(seen)) return seen
    if (performance.now() > deadline) throw new Error(`still ${JSON.stringify(seen)}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** Epoch seconds so long ago. */
export function secondsAgo(seconds: number): number {
  return Math.floor(Date.now() / 1_000) - seconds
}

/** A bundled recording's body. */
export async function recordedBody(name: string): Promise<Uint8Array<ArrayBuffer>> {
  const file = new URL(`../../src/local/recordings/${name}.bin`, import.meta.url)
  return new Uint8Array(await readFile(file))
}
