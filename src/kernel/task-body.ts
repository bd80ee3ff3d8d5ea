import * as z from 'zod'

/** What was read of a task's body. */
export type ParsedBody<Payload> =
  | { readonly kind: 'task'; readonly payload: Payload }
  | { readonly kind: 'newer_schema'; readonly version: number }
  | { readonly kind: 'invalid'; readonly fault: string }

const versionedSchema = z.object({ schema_version: z.int() })

/**
 * Reads a task body: a pointer, never content, validated on both sides. A newer schema is told apart
 * from garbage: a newer revision may serve it.
 */
export function parseBody<Payload>(
  body: string,
  { schema, version }: { readonly schema: z.ZodType<Payload>; readonly version: number },
): ParsedBody<Payload> {
  let json: unknown
  try {
    json = JSON.parse(body)
  } catch (error) {
    const name = error instanceof Error ? error.name : 'unreadable'
    return { kind: 'invalid', fault: `not JSON: ${name}` }
  }
  const said = versionedSchema.safeParse(json)
  if (said.success && said.data.schema_version > version) {
    return { kind: 'newer_schema', version: said.data.schema_version }
  }
  const parsed = schema.safeParse(json)
  return parsed.success
    ? { kind: 'task', payload: parsed.data }
    : { kind: 'invalid', fault: z.prettifyError(parsed.error) }
}
