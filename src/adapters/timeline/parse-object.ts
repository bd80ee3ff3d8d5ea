import type * as z from 'zod'
import { MalformedRecordError } from '../../kernel/index.ts'

/** @throws MalformedRecordError naming the object, never its content */
export function parseObject<T>(name: string, bytes: Uint8Array, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(readJson(name, bytes))
  if (parsed.success) return parsed.data
  throw new MalformedRecordError(`${name} does not fit its schema`, { cause: parsed.error })
}

function readJson(name: string, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (error) {
    throw new MalformedRecordError(`${name} is not JSON`, { cause: error })
  }
}
