import * as z from 'zod'
import {
  type JobRecord,
  jobRecordSchema,
  MalformedRecordError,
  NewerSchemaError,
  SCHEMA_VERSION,
} from '../../kernel/index.ts'

/** The reply of the `read` script: the flat record, then [last error, outcome JSON]. */
const readReplySchema = z.tuple([
  z.array(z.string()),
  z.tuple([z.string().nullable(), z.string().nullable()]),
])

/** @throws MalformedRecordError naming the job, never its content; NewerSchemaError (F52) */
export function parseRecord(jobId: string, reply: unknown): JobRecord | undefined {
  const shape = readReplySchema.safeParse(reply)
  if (!shape.success) throw malformed(jobId, shape.error)
  const [flat, [lastError, outcomeJson]] = shape.data
  if (flat.length === 0) return undefined
  const h = new Map<string, string>()
  for (let i = 0; i + 1 < flat.length; i += 2) h.set(flat[i] ?? '', flat[i + 1] ?? '')
  const version = Number(h.get('sv') ?? SCHEMA_VERSION)
  if (version > SCHEMA_VERSION) throw new NewerSchemaError(`the record of job ${jobId}`, version)
  const parsed = jobRecordSchema.safeParse(plainRecord(jobId, h, lastError, outcomeJson))
  if (!parsed.success) throw malformed(jobId, parsed.error)
  return parsed.data
}

function plainRecord(
  jobId: string,
  h: ReadonlyMap<string, string>,
  lastError: string | null,
  outcomeJson: string | null,
): unknown {
  const number = (field: string) => (h.has(field) ? Number(h.get(field)) : undefined)
  const status = h.get('st')
  const frozen = h.get('ei') === '1' || (status !== 'queued' && status !== 'processing')
  if (frozen && outcomeJson === null) throw malformed(jobId, new Error('its result is gone'))
  const outcome = frozen && outcomeJson !== null ? readJson(jobId, outcomeJson) : undefined
  return defined({
    jobId,
    uid: h.get('uid'),
    uidHash: h.get('uh'),
    contentId: h.get('ci'),
    status,
    stage: h.get('sg'),
    lane: h.get('ln'),
    dispatchMode: h.get('md'),
    byok: h.get('by') === '1',
    totalFiles: number('tf'),
    segments: {
      total: number('ts'),
      successful: number('ok'),
      silent: number('si'),
      failed: number('fa'),
    },
    createdAt: number('ca'),
    updatedAt: number('ua'),
    capturedAt: number('cp'),
    startedAt: number('sa'),
    progressAt: number('pa'),
    attempt: number('at'),
    fruitlessAttempts: number('fr'),
    landedInAttempt: h.get('lp') === '1',
    generation: number('gen'),
    claimedGeneration: number('cg'),
    revivals: number('rv'),
    epoch: number('ep'),
    enrichment: h.get('en'),
    enrichmentReasonCode: h.get('ec'),
    lastError: lastError ?? undefined,
    waitingFor: h.get('wf'),
    waitingSince: number('ws'),
    retryAt: number('ra'),
    reasonCode: h.get('rc'),
    leaseUntil: number('lu'),
    settled: h.get('sl') === '1',
    ...(status === 'processing' ? { ending: outcome } : { outcome }),
  })
}

function defined(record: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined))
}

function readJson(jobId: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw malformed(jobId, error)
  }
}

function malformed(jobId: string, cause: unknown): MalformedRecordError {
  return new MalformedRecordError(`the record of job ${jobId} does not fit its schema`, { cause })
}
