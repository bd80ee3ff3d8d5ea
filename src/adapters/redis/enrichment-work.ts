import * as z from 'zod'
import {
  conversationIdSchema,
  type EnrichmentId,
  jobIdSchema,
  laneSchema,
  MalformedRecordError,
  REASON_CODES,
  revisionSchema,
  uidHashSchema,
} from '../../kernel/index.ts'
import type { EnrichmentClaim, EnrichmentListener, EnrichmentRecord } from '../../ports/index.ts'

const whole = z.coerce.number().int().nonnegative()
const base = z.object({
  uh: uidHashSchema,
  cv: conversationIdSchema,
  rv: revisionSchema,
  ln: laneSchema,
  gen: whole,
  ep: whole,
  at: whole,
  ca: whole,
  le: z.string().optional(),
})
const workSchema = z.discriminatedUnion('st', [
  base.extend({ st: z.literal('pending') }),
  base.extend({ st: z.literal('running'), lu: whole }),
  base.extend({
    st: z.literal('ended'),
    vd: z.enum(['done', 'skipped', 'failed', 'superseded']),
    rc: z.enum(REASON_CODES).optional(),
  }),
])
const flatSchema = z.array(z.coerce.string())
const listenerSchema = z.tuple([jobIdSchema, conversationIdSchema])
const LISTENER = 'j:'

/** @param flat field, value, field, … @throws MalformedRecordError */
export function parseWork(id: EnrichmentId, flat: unknown): EnrichmentRecord {
  const parts = flatSchema.safeParse(flat)
  if (!parts.success) throw malformed(id, parts.error)
  const fields: Record<string, string> = {}
  const listeners: EnrichmentListener[] = []
  for (let i = 0; i + 1 < parts.data.length; i += 2) {
    const field = parts.data[i] ?? ''
    if (field.startsWith(LISTENER)) listeners.push(parseListener(id, field))
    else fields[field] = parts.data[i + 1] ?? ''
  }
  const parsed = workSchema.safeParse(fields)
  if (!parsed.success) throw malformed(id, parsed.error)
  const w = parsed.data
  const shared = {
    id,
    uidHash: w.uh,
    conversationId: w.cv,
    revision: w.rv,
    lane: w.ln,
    generation: w.gen,
    epoch: w.ep,
    attempt: w.at,
    announcedAt: w.ca,
    listeners,
    ...(w.le === undefined ? {} : { lastError: w.le }),
  }
  switch (w.st) {
    case 'pending':
      return { ...shared, status: w.st }
    case 'running':
      return { ...shared, status: w.st, leaseUntil: w.lu }
    case 'ended':
      return {
        ...shared,
        status: w.st,
        end: { verdict: w.vd, ...(w.rc ? { reasonCode: w.rc } : {}) },
      }
  }
}

export function claimOfWork(
  record: EnrichmentRecord,
  held: { readonly token: string; readonly leaseMs: number },
): EnrichmentClaim {
  const { id, generation, attempt } = record
  return { id, generation, attempt, ...held }
}

function parseListener(id: EnrichmentId, field: string): EnrichmentListener {
  const parsed = listenerSchema.safeParse(field.slice(LISTENER.length).split(':'))
  if (!parsed.success) throw malformed(id, parsed.error)
  const [jobId, conversationId] = parsed.data
  return { jobId, conversationId }
}

function malformed(id: EnrichmentId, cause: unknown): MalformedRecordError {
  return new MalformedRecordError(`the work ${id} does not fit its schema`, { cause })
}
