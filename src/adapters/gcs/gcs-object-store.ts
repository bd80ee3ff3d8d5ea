import type { Storage } from '@google-cloud/storage'
import * as z from 'zod'
import { UnavailableError } from '../../kernel/index.ts'
import {
  type ChecksumFactory,
  type Clock,
  type CreateResult,
  type ObjectFacts,
  ObjectMissingError,
  type ObjectStore,
  type Probe,
} from '../../ports/index.ts'
import { readWhole, streamBody } from './downloads.ts'
import { listNames } from './list-names.ts'
import { probed } from './object-steps.ts'
import { createRequestScopes } from './request-scopes.ts'
import { type Effort, persist } from './retries.ts'
import { SourceError, uploadStream, uploadWhole } from './uploads.ts'
import { isMissing, isPreconditionFailed, unavailable } from './vendor-errors.ts'

export interface GcsObjectStoreOptions {
  /** From `createStorage`. */
  readonly storage: Storage
  readonly bucket: string
  readonly clock: Clock
  readonly checksum: ChecksumFactory
  /** Without a byte for this long a download counts as cut, or the store as not taking an upload. */
  readonly readIdleTimeoutMs: number
  /** For one small operation, its retries included. */
  readonly operationTimeoutMs: number
  /** From 0 up to 1; spreads retries. */
  readonly random?: () => number
  readonly probe?: Probe
}

/** One bucket. */
export function createGcsObjectStore(options: GcsObjectStoreOptions): ObjectStore {
  const { storage, clock, checksum, probe, operationTimeoutMs, readIdleTimeoutMs } = options
  const bucket = storage.bucket(options.bucket)
  const effort: Effort = {
    clock,
    checksum,
    scopes: createRequestScopes(storage.apiEndpoint),
    budgetMs: operationTimeoutMs,
    random: options.random ?? Math.random,
  }
  // A File remembers what its last call returned: never shared between two.
  const newFile = (name: string) => () => bucket.file(name)
  const fileOf = (name: string) => (generation: string | undefined) =>
    bucket.file(name, generation ? { generation } : {})

  return {
    create: (name, bytes, { contentType, crc32c, signal }) =>
      probed(probe, 'create', name, () => {
        const facts = { contentType, crc32c, ifGeneration: '0' }
        const work = persist(effort, signal, () => uploadWhole(bucket.file(name), bytes, facts))
        return outcome('create', name, signal, work.then(() => 'created' as const).catch(existing))
      }),
    createFromStream: (name, source, { contentType, signal }) =>
      probed(probe, 'create', name, () => {
        const facts = { contentType, ifGeneration: '0' }
        const limits = { idleMs: readIdleTimeoutMs, answerMs: operationTimeoutMs, signal }
        const work = async () => {
          signal?.throwIfAborted()
          const made = await uploadStream(effort, bucket.file(name), source, facts, limits)
          if (!made.isIntact) await discard(name, made.generation)
          return 'created' as const
        }
        return outcome('create', name, signal, work().catch(existing))
      }),
    read: (name, signal) =>
      outcome('read', name, signal, readWhole(effort, newFile(name), signal).catch(none)),
    openRead: async function* (name, signal) {
      try {
        const limits = { idleMs: readIdleTimeoutMs, signal }
        yield* streamBody(effort, fileOf(name), limits)
      } catch (error) {
        signal?.throwIfAborted()
        throw isMissing(error)
          ? new ObjectMissingError(name, { cause: error })
          : unavailable('read', name, error)
      }
    },
    stat: (name, signal) => {
      const work = persist(effort, signal, async () => (await bucket.file(name).getMetadata())[0])
      return outcome('stat', name, signal, work.then(factsOf).catch(none))
    },
    replace: (name, bytes, { ifGeneration, contentType, signal }) =>
      probed(probe, 'replace', name, () => {
        const facts = { contentType, ifGeneration }
        const work = persist(effort, signal, () => uploadWhole(bucket.file(name), bytes, facts))
        return outcome('replace', name, signal, work.then(written).catch(conflicting))
      }),
    delete: (name, signal) =>
      probed(probe, 'delete', name, async () => {
        const work = persist(effort, signal, () => bucket.file(name).delete())
        await outcome('delete', name, signal, work.catch(none))
      }),
    list: (prefix, { signal, ...page }) =>
      outcome('list', prefix, signal, listNames(effort, bucket, { ...page, prefix }, signal)),
  }

  /** Only the object that we made damaged; somebody else's may stand there by now. */
  async function discard(name: string, generation: string): Promise<never> {
    await persist(effort, undefined, () =>
      bucket.file(name).delete({ ifGenerationMatch: Number(generation) }),
    ).catch(none)
    throw new UnavailableError(`${name} arrived damaged and was removed`, { party: 'gcs' })
  }
}

/** What the caller is told of a failure: its own abort, its source's error, or that nothing is proven. */
async function outcome<T>(
  deed: string,
  name: string,
  signal: AbortSignal | undefined,
  work: Promise<T>,
): Promise<T> {
  try {
    return await work
  } catch (error) {
    signal?.throwIfAborted()
    throw error instanceof SourceError ? error.cause : unavailable(deed, name, error)
  }
}

function existing(error: unknown): CreateResult {
  if (isPreconditionFailed(error)) return 'exists'
  throw error
}

function none(error: unknown): undefined {
  if (isMissing(error)) return undefined
  throw error
}

function written(generation: string) {
  return { kind: 'written' as const, generation }
}

function conflicting(error: unknown) {
  if (isPreconditionFailed(error)) return { kind: 'conflict' as const }
  throw error
}

const metadataSchema = z.object({
  size: z.coerce.number().int().nonnegative(),
  crc32c: z.string(),
  generation: z.coerce.string(),
})

function factsOf(metadata: unknown): ObjectFacts {
  const { size, crc32c, generation } = metadataSchema.parse(metadata)
  return { sizeBytes: size, crc32c, generation }
}
