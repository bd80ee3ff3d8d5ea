import * as z from 'zod'
import {
  type Manifest,
  manifestSchema,
  type OutcomeObject,
  outcomeObjectSchema,
  transcriptSchema,
} from '../../src/kernel/index.ts'
import type { BucketView } from './bucket-view.ts'

const dayDocumentSchema = z.object({ members: z.record(z.string(), z.unknown()) })

export interface StoredTranscript {
  readonly segmentId: string
  readonly text: string
  readonly speechMs: number
  readonly createdMs: number
}

/** What is durable of one user, read past the service. */
export interface StoredTruth {
  /** Names under `staging/`. */
  readonly staged: readonly string[]
  readonly manifests: readonly Manifest[]
  readonly plans: number
  /** Texts with the instant since which they were safe. */
  readonly transcripts: readonly StoredTranscript[]
  /** Segments on the user's timeline. */
  readonly landed: number
  readonly outcomes: readonly OutcomeObject[]
}

export async function readTruth(
  { data, staging }: { readonly data: BucketView; readonly staging: BucketView },
  uidHash: string,
): Promise<StoredTruth> {
  const staged = (await staging.list(`staging/${uidHash}/`)).map(({ name }) => name)
  const manifests = staged.filter((name) => name.endsWith('/manifest.json'))
  const spoken = await readAll(data, `transcripts/${uidHash}/`, transcriptSchema)
  const days = await readAll(data, `timelines/${uidHash}/`, dayDocumentSchema)
  const outcomes = await readAll(data, `outcomes/${uidHash}/`, outcomeObjectSchema)
  return {
    staged,
    manifests: (await readEach(staging, manifests, manifestSchema)).filter((m) => m !== undefined),
    plans: (await data.list(`plans/${uidHash}/`)).length,
    transcripts: spoken.map(({ value, createdMs }) => ({
      segmentId: value.segmentId,
      text: value.text,
      speechMs: value.speechMs,
      createdMs,
    })),
    landed: days.reduce((sum, { value }) => sum + Object.keys(value.members).length, 0),
    outcomes: outcomes.map(({ value }) => value),
  }
}

async function readAll<T>(bucket: BucketView, prefix: string, schema: z.ZodType<T>) {
  const found = await bucket.list(prefix)
  const values = await readEach(
    bucket,
    found.map(({ name }) => name),
    schema,
  )
  return found.flatMap(({ createdMs }, i) => {
    const value = values[i]
    return value === undefined ? [] : [{ value, createdMs }]
  })
}

function readEach<T>(bucket: BucketView, names: readonly string[], schema: z.ZodType<T>) {
  return Promise.all(
    names.map(async (name) => {
      const json = await bucket.readJson(name)
      return json === undefined ? undefined : schema.parse(json)
    }),
  )
}
