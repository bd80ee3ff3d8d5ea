import type { Bucket } from '@google-cloud/storage'
import * as z from 'zod'
import type { ListedObject } from '../../ports/index.ts'
import { type Effort, persist } from './retries.ts'

/** The store's own limit. */
const MAX_PAGE = 1_000

const itemSchema = z.object({ name: z.string(), timeCreated: z.coerce.date() })
const nextSchema = z.object({ pageToken: z.string() }).nullish()

/** Page by page until `limit` names are there: a page may be short, even empty, and not the last. */
export async function listNames(
  effort: Effort,
  bucket: Bucket,
  query: { readonly prefix: string; readonly startAfter?: string; readonly limit: number },
  signal: AbortSignal | undefined,
): Promise<ListedObject[]> {
  const { prefix, startAfter, limit } = query
  const found: ListedObject[] = []
  let pageToken: string | undefined
  do {
    // One more than wanted: the store's offset is inclusive, ours is not.
    const maxResults = Math.min(MAX_PAGE, limit - found.length + 1)
    const [files, next] = await persist(effort, signal, () =>
      bucket.getFiles({
        prefix,
        maxResults,
        autoPaginate: false,
        fields: 'items(name,timeCreated),nextPageToken',
        ...(startAfter === undefined ? {} : { startOffset: startAfter }),
        ...(pageToken === undefined ? {} : { pageToken }),
      }),
    )
    // Asked for some fields only, the client hands out the plain items, whatever its types say.
    for (const item of files) {
      const { name, timeCreated } = itemSchema.parse(item)
      if (name !== startAfter) found.push({ name, createdAt: timeCreated.getTime() })
    }
    pageToken = nextSchema.parse(next)?.pageToken
  } while (pageToken !== undefined && found.length < limit)
  return found.slice(0, limit)
}
