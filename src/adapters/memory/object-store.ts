import { UnavailableError } from '../../kernel/index.ts'
import {
  type ChecksumFactory,
  type Clock,
  type CreateResult,
  ObjectMissingError,
  type ObjectStore,
} from '../../ports/index.ts'

interface MemoryObject {
  readonly bytes: Uint8Array
  readonly crc32c: string
  readonly generation: string
  readonly createdAt: number
}

/** What a download hands over at a time. */
const CHUNK_BYTES = 64 * 1_024

/**
 * Objects of this process, gone with it. Keeps the whole contract of the port: generations that only
 * rise, preconditions decided in the same step as the write, checksums, names by their UTF-8 bytes.
 */
export function createMemoryObjectStore(deps: {
  readonly clock: Pick<Clock, 'now'>
  readonly checksum: ChecksumFactory
}): ObjectStore {
  const objects = new Map<string, MemoryObject>()
  let lastGeneration = 0

  const checksumOf = (bytes: Uint8Array) => digestOf(deps.checksum, bytes)
  const put = (name: string, given: Uint8Array): string => {
    // A copy: a Buffer's own slice() would be a view.
    const bytes = new Uint8Array(given)
    lastGeneration = Math.max(lastGeneration + 1, deps.clock.now() * 1_000)
    const generation = String(lastGeneration)
    const createdAt = deps.clock.now()
    objects.set(name, { bytes, crc32c: checksumOf(bytes), generation, createdAt })
    return generation
  }
  const createNow = (name: string, bytes: Uint8Array): CreateResult => {
    if (objects.has(name)) return 'exists'
    put(name, bytes)
    return 'created'
  }

  return {
    create: async (name, body, { crc32c, signal }) => {
      await turn(signal)
      const bytes = body instanceof Uint8Array ? body : Buffer.concat(body)
      if (crc32c !== undefined && crc32c !== checksumOf(bytes)) {
        throw new UnavailableError(`${name}: the body does not match its CRC32C`, { party: 'gcs' })
      }
      return createNow(name, bytes)
    },
    createFromStream: async (name, source, { signal }) => {
      const bytes = await collect(source, signal)
      return createNow(name, bytes)
    },
    read: async (name, signal) => {
      await turn(signal)
      const object = objects.get(name)
      return object && { bytes: object.bytes.slice(), generation: object.generation }
    },
    openRead: async function* (name, signal) {
      await turn(signal)
      const object = objects.get(name)
      if (!object) throw new ObjectMissingError(name)
      for (let at = 0; at < object.bytes.length; at += CHUNK_BYTES) {
        await turn(signal)
        yield object.bytes.slice(at, at + CHUNK_BYTES)
      }
    },
    stat: async (name, signal) => {
      await turn(signal)
      const object = objects.get(name)
      if (!object) return undefined
      const { bytes, crc32c, generation } = object
      return { sizeBytes: bytes.length, crc32c, generation }
    },
    replace: async (name, bytes, { ifGeneration, signal }) => {
      await turn(signal)
      if ((objects.get(name)?.generation ?? '0') !== ifGeneration) return { kind: 'conflict' }
      return { kind: 'written', generation: put(name, bytes) }
    },
    delete: async (name, signal) => {
      await turn(signal)
      objects.delete(name)
    },
    list: async (prefix, { startAfter, limit, signal }) => {
      await turn(signal)
      return [...objects]
        .filter(([name]) => name.startsWith(prefix))
        .filter(([name]) => startAfter === undefined || byBytes(name, startAfter) > 0)
        .sort(([a], [b]) => byBytes(a, b))
        .slice(0, limit)
        .map(([name, { createdAt }]) => ({ name, createdAt }))
    },
  }
}

/** Every call takes a turn of the event loop's microtasks, so that callers do meet each other. */
async function turn(signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted()
  await undefined
  signal?.throwIfAborted()
}

/** Gives up on the source as soon as `signal` aborts, even while it waits for its next chunk. */
async function collect(
  source: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  signal?.throwIfAborted()
  const aborted = Promise.withResolvers<never>()
  const onAbort = () => aborted.reject(signal?.reason)
  signal?.addEventListener('abort', onAbort, { once: true })
  const gather = async () => {
    const chunks: Uint8Array[] = []
    for await (const chunk of source) {
      if (signal?.aborted) break
      chunks.push(new Uint8Array(chunk))
    }
    return Buffer.concat(chunks)
  }
  try {
    return await Promise.race([gather(), aborted.promise])
  } finally {
    signal?.removeEventListener('abort', onAbort)
  }
}

function digestOf(checksum: ChecksumFactory, bytes: Uint8Array): string {
  const sum = checksum()
  sum.update(bytes)
  return sum.digest()
}

/** As the store sorts: by the bytes of the names, not by UTF-16 units. */
function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
