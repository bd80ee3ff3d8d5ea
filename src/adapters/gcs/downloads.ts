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

/** A store that cuts one body more often is ill: the run ends its attempt instead of hammering it. */
const MAX_RESUMPTIONS = 5

/** Where a body is to be taken up again; of this generation only. */
interface Resumption {
  readonly generation: string
  readonly offset: number
}

/** The body as it arrives. Where it is cut or stalls it goes on from there, of the same generation. */
export async function* streamBody(
  effort: Effort,
  fileOf: (generation: string | undefined) => File,
  limits: { readonly idleMs: number; readonly signal: AbortSignal | undefined },
): AsyncGenerator<Uint8Array, void, undefined> {
  const { signal } = limits
  const open = (from: Resumption | undefined) =>
    persist(effort, signal, (trySignal) =>
      openBody(effort, fileOf(from?.generation), from?.offset ?? 0, trySignal),
    )
  let offset = 0
  let body = await open(undefined)
  try {
    for (let resumptions = 0; ; ) {
      // Only our own waiting counts as idle, never the time that the consumer takes.
      const limit = { ms: limits.idleMs, signal }
      const step = await bounded(effort.clock, limit, body.next).catch((error: unknown) => {
        if (signal?.aborted || resumptions === MAX_RESUMPTIONS) throw error
        return 'cut' as const
      })
      if (step === 'cut') {
        body.end()
        resumptions += 1
        body = await open({ generation: body.generation, offset })
      } else if (step.done) {
        return
      } else {
        offset += step.value.byteLength
        yield step.value
      }
    }
  } finally {
    body.end()
  }
}

/** A body that outlives the try it began in, until `end`. Its first bytes belong to the try. */
async function openBody({ scopes }: Effort, file: File, start: number, trySignal: AbortSignal) {
  const lifetime = new AbortController()
  const body = file.createReadStream({ validation: false, ...(start > 0 ? { start } : {}) })
  const end = () => {
    lifetime.abort()
    body.destroy()
  }
  trySignal.addEventListener('abort', end)
  const headers = await scopes.run(lifetime.signal, () => begun(body))
  const chunks = bytesOf(body)
  let first: IteratorResult<Uint8Array, void> | undefined = await chunks.next()
  trySignal.removeEventListener('abort', end)
  const next = async () => {
    const step = first ?? (await chunks.next())
    first = undefined
    return step
  }
  return { next, end, generation: factsSchema.parse(headers)['x-goog-generation'] }
}

/** Sends the request; the headers of its reply. Rejects with the vendor's error, status in `code`. */
function begun(body: Readable): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    body.once('error', reject)
    body.once('response', (given: unknown) => {
      if (given instanceof EventEmitter) given.setMaxListeners(LISTENERS_OF_THE_CLIENT)
      const response = responseSchema.safeParse(given)
      if (!response.success) reject(response.error)
      // Anything else becomes an error once the client has read its text. 206: the rest of a body.
      else if ([200, 206].includes(response.data.statusCode)) resolve(response.data.headers)
    })
    body.read(0)
  })
}

async function* bytesOf(body: Readable): AsyncGenerator<Uint8Array, void, undefined> {
  yield* body
}
