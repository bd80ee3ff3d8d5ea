import * as z from 'zod'
import { MalformedRecordError, NewerSchemaError, SCHEMA_VERSION } from '../kernel/index.ts'
import type { ChecksumFactory, ObjectStore } from '../ports/index.ts'

/** One kind of create-only JSON object. */
export interface OnceObjects<T> {
  /** Creates it, or returns what somebody created before: go on with the winner's (I4). */
  create(
    name: string,
    value: T,
    signal?: AbortSignal,
  ): Promise<{ readonly mine: boolean; readonly value: T }>
  read(name: string, signal?: AbortSignal): Promise<T | undefined>
}

/**
 * @throws MalformedRecordError when a stored object does not fit `schema`; it is never skipped
 * @throws NewerSchemaError when a newer revision wrote it
 */
export function onceObjects<T>(
  deps: { readonly objects: ObjectStore; readonly checksum: ChecksumFactory },
  schema: z.ZodType<T>,
): OnceObjects<T> {
  const { objects, checksum } = deps

  const read = async (name: string, signal?: AbortSignal) => {
    const stored = await objects.read(name, signal)
    return stored && parseObject(name, stored.bytes, schema)
  }

  return {
    read,
    create: async (name, value, signal) => {
      const bytes = Buffer.from(JSON.stringify(value))
      const sum = checksum()
      sum.update(bytes)
      const result = await objects.create(name, bytes, {
        contentType: 'application/json',
        crc32c: sum.digest(),
        ...(signal ? { signal } : {}),
      })
      if (result === 'created') return { mine: true, value }
      const winner = await read(name, signal)
      // Deleted between our create and our read: its life is over, ours never began.
      if (winner === undefined)
        throw new MalformedRecordError(`${name} vanished while it was read back`)
      return { mine: false, value: winner }
    },
  }
}

const versionedSchema = z.object({ schemaVersion: z.int() })

/** @throws MalformedRecordError @throws NewerSchemaError */
export function parseObject<T>(name: string, bytes: Uint8Array, schema: z.ZodType<T>): T {
  let json: unknown
  try {
    json = JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch (error) {
    throw new MalformedRecordError(`${name} is not JSON`, { cause: error })
  }
  const version = versionedSchema.safeParse(json).data?.schemaVersion
  if (version !== undefined && version > SCHEMA_VERSION) throw new NewerSchemaError(name, version)
  const parsed = schema.safeParse(json)
  if (!parsed.success) {
    throw new MalformedRecordError(`${name} does not fit its schema`, { cause: parsed.error })
  }
  return parsed.data
}
