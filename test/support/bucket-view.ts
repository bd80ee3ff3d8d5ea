import * as z from 'zod'

const pageSchema = z.object({
  items: z.array(z.object({ name: z.string(), timeCreated: z.coerce.date() })).default([]),
  nextPageToken: z.string().optional(),
})

export interface StoredObject {
  readonly name: string
  readonly createdMs: number
}

/** A bucket seen past the service, so that a dead service hides nothing. */
export interface BucketView {
  list(prefix: string): Promise<readonly StoredObject[]>
  /** @returns undefined when there is none */
  readJson(name: string): Promise<unknown>
}

export function viewBucket(endpoint: string, bucket: string): BucketView {
  const base = `${endpoint}/storage/v1/b/${bucket}/o`
  return {
    list: async (prefix) => {
      const found: StoredObject[] = []
      for (let token: string | undefined = ''; token !== undefined; ) {
        const query = new URLSearchParams({ prefix, ...(token ? { pageToken: token } : {}) })
        const answer = await fetch(`${base}?${query}`)
        const page = pageSchema.parse(await answer.json())
        for (const { name, timeCreated } of page.items) {
          found.push({ name, createdMs: timeCreated.getTime() })
        }
        token = page.nextPageToken
      }
      return found
    },
    readJson: async (name) => {
      const answer = await fetch(`${base}/${encodeURIComponent(name)}?alt=media`)
      const text = await answer.text()
      if (answer.status === 404) return undefined
      if (!answer.ok) throw new Error(`${name}: ${answer.status} ${text}`)
      return JSON.parse(text)
    },
  }
}
