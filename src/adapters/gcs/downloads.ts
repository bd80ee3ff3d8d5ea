import { EventEmitter } from 'node:events'
import type { Readable } from 'node:stream'
import type { File } from '@google-cloud/storage'
import * as z from 'zod'
import type { StoredObject } from '../../ports/index.ts'
import { bounded } from './bounded.ts'
import { type Effort, persist } from './retries.ts'

/** The client hangs more listeners on a body than Node thinks healthy, and Node prints each time. */
const LISTENERS_OF_THE_CLIENT = 20

const responseSchema = z.object({
  statusCode: z.int(),
  headers: z.record(z.string(), z.unknown()),
})

const factsSchema = z.object({
  'x-goog-generation': z.string(),
  'x-goog-hash': z.string(),
})

/** The whole object by one request, held against the store's own checksum. */
export function readWhole(
  effort: Effort,
  newFile: () => File,
  signal: AbortSignal | undefined,
): Promise<StoredObject> {
  return persist(effort, signal, async () => {
    const body = newFile().createReadStream({ validation: false })
    const facts = factsSchema.parse(await begun(body))
    const chunks: Uint8Array[] = []
    const sum = effort.checksum()
    for await (const chunk of bytesOf(body)) {
      sum.update(chunk)
      chunks.push(chunk)
    }
    const crc32c = /(?:^|,)crc32c=([^,]+)/.exec(facts['x-goog-hash'])?.[1]
    if (sum.digest() !== crc32c) throw new Error('the body does not match its CRC32C')
    return { bytes: Buffer.concat(chunks), generation: facts['x-goog-generation'] }
  })
}

/** The body as it arrives. Beginning is tried again; once bytes were handed out, nothing is. */
export async function* streamBody(
  effort: Effort,
  newFile: () => File,
  limits: { readonly idleMs: number; readonly signal: AbortSignal | undefined },
): AsyncGenerator<Uint8Array, void, undefined> {
  const { body, end } = await persist(effort, limits.signal, (trySignal) =>
    openBody(effort, newFile(), trySignal),
  )
  try {
    const chunks = bytesOf(body)
    for (;;) {
      // Only our own waiting counts as idle, never the time that the consumer takes.
      const { idleMs: ms, signal } = limits
      const step = await bounded(effort.clock, { ms, signal }, () => chunks.next())
      if (step.done) return
      yield step.value
    }
  } finally {
    end()
  }
}

/** A body that outlives the try it began in, until `end`. */
async function openBody({ scopes }: Effort, file: File, trySignal: AbortSignal) {
  const lifetime = new AbortController()
  const body = file.createReadStream({ validation: false })
  const end = () => {
    lifetime.abort()
    body.destroy()
  }
  trySignal.addEventListener('abort', end)
  await scopes.run(lifetime.signal, () => begun(body))
  trySignal.removeEventListener('abort', end)
  return { body, end }
}

/** Sends the request; the headers of its reply. Rejects with the vendor's error, status in `code`. */
function begun(body: Readable): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    body.once('error', reject)
    body.once('response', (given: unknown) => {
      if (given instanceof EventEmitter) given.setMaxListeners(LISTENERS_OF_THE_CLIENT)
      const response = responseSchema.safeParse(given)
      if (!response.success) reject(response.error)
      // Anything else than 200 becomes an error once the client has read its text.
      else if (response.data.statusCode === 200) resolve(response.data.headers)
    })
    body.read(0)
  })
}

async function* bytesOf(body: Readable): AsyncGenerator<Uint8Array, void, undefined> {
  yield* body
}
