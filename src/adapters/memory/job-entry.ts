import {
  type ConversationId,
  type EnrichmentNote,
  type EnrichmentStanding,
  foldEnrichment,
  isTerminal,
  type JobRecord,
  jobRecordSchema,
  NewerSchemaError,
  type Outcome,
  outcomeSchema,
  type ReasonCode,
  SCHEMA_VERSION,
  type SegmentId,
  type Stage,
  type Status,
  type StatusView,
  statusViewSchema,
  type WaitingFor,
} from '../../kernel/index.ts'
import type {
  FlightNote,
  JobEvent,
  Ledger,
  NewJob,
  SegmentMark,
  StreamedEvent,
} from '../../ports/index.ts'

/** Releases that are answered alike when they are sent again by the same token. */
export type ReleaseOperation = 'requeue' | 'snooze' | 'continue' | 'no_slot'

/** A job as the store keeps it; never changed in place, so that a transition is one replacement. */
export interface JobEntry {
  readonly job: NewJob
  readonly status: Status
  readonly stage: Stage
  readonly totalSegments: number
  readonly updatedAt: number
  readonly startedAt: number | undefined
  readonly progressAt: number
  readonly attempt: number
  readonly fruitlessAttempts: number
  /** Whether a segment landed, or was judged silent, in the present attempt. */
  readonly landedInAttempt: boolean
  readonly generation: number
  readonly claimedGeneration: number
  readonly revivals: number
  readonly epoch: number
  readonly lastError: string | undefined
  readonly wait: Wait | undefined
  readonly reasonCode: ReasonCode | undefined
  readonly token: string | undefined
  readonly leaseUntil: number
  readonly released: { readonly token: string; readonly operation: ReleaseOperation } | undefined
  /** JSON; frozen while the job is processing, final once it is terminal. */
  readonly outcome: string | undefined
  readonly settled: boolean
  /** Whether it ended with conversations whose summaries it owes. */
  readonly owesEnrichment: boolean
  /** How those stand, once one has been heard of. */
  readonly notes: ReadonlyMap<ConversationId, EnrichmentNote> | undefined
  readonly marks: ReadonlyMap<SegmentId, SegmentMark>
  readonly suspects: ReadonlyMap<string, number>
  /** What the holder of this epoch said it works on. */
  readonly flight: { readonly epoch: number; readonly note: FlightNote } | undefined
  /** The claim whose end woke it. */
  readonly wokenBy: string | undefined
  readonly events: readonly JobEvent[]
  /** How many it ever had; the last ones are kept. */
  readonly eventsTold: number
  /** When it became terminal; 0 until then. */
  readonly endedAt: number
  /** Forgotten from this instant on. */
  readonly forgetAt: number
}

export interface Wait {
  readonly waitingFor: WaitingFor
  readonly waitingSince: number
  readonly retryAt: number
}

export function newEntry(job: NewJob, now: number): JobEntry {
  return {
    job,
    status: 'queued',
    stage: 'staged',
    totalSegments: 0,
    updatedAt: now,
    startedAt: undefined,
    progressAt: now,
    attempt: 0,
    fruitlessAttempts: 0,
    landedInAttempt: false,
    generation: 0,
    claimedGeneration: -1,
    revivals: 0,
    epoch: now,
    lastError: undefined,
    wait: undefined,
    reasonCode: undefined,
    token: undefined,
    leaseUntil: 0,
    released: undefined,
    outcome: undefined,
    settled: false,
    owesEnrichment: false,
    notes: undefined,
    marks: new Map(),
    suspects: new Map(),
    flight: undefined,
    wokenBy: undefined,
    events: [],
    eventsTold: 0,
    endedAt: 0,
    forgetAt: Number.POSITIVE_INFINITY,
  }
}

/** Kept as JSON, as every store does: what comes back is a copy, without undefined fields. */
function outcomeOf(entry: JobEntry): Outcome | undefined {
  return entry.outcome === undefined ? undefined : outcomeSchema.parse(JSON.parse(entry.outcome))
}

/** A copy: it does not move with the entry. */
export function ledgerOf(entry: JobEntry | undefined): Ledger {
  return { marks: new Map(entry?.marks), suspects: new Map(entry?.suspects) }
}

export function recordOf(entry: JobEntry): JobRecord {
  const { jobId, schemaVersion } = entry.job
  if (schemaVersion > SCHEMA_VERSION) {
    throw new NewerSchemaError(`the record of job ${jobId}`, schemaVersion)
  }
  const { status, leaseUntil, settled, startedAt, lastError } = entry
  const { updatedAt, progressAt, attempt, fruitlessAttempts, landedInAttempt, epoch } = entry
  const { generation, claimedGeneration, revivals } = entry
  return jobRecordSchema.parse({
    ...entry.job,
    ...{ status, updatedAt, progressAt, attempt, fruitlessAttempts, landedInAttempt, epoch },
    ...{ generation, claimedGeneration, revivals },
    ...shownFields(entry),
    ...defined({ startedAt, lastError }),
    ...(status === 'processing' ? { leaseUntil, ...defined({ ending: outcomeOf(entry) }) } : {}),
    ...(isTerminal(status) ? { outcome: outcomeOf(entry), settled } : {}),
  })
}

/** Nobody sees a result before it is final. */
export function viewOf(entry: JobEntry): StatusView {
  const { jobId, uidHash, totalFiles, lane, createdAt } = entry.job
  const { status, attempt, leaseUntil } = entry
  const isWorkedOn = status === 'processing' && entry.outcome === undefined
  return statusViewSchema.parse({
    ...{ jobId, uidHash, totalFiles, lane, createdAt, status, attempt },
    ...shownFields(entry),
    ...(isWorkedOn ? { leaseUntil } : {}),
    ...(isTerminal(status) ? { outcome: outcomeOf(entry) } : {}),
  })
}

function shownFields(entry: JobEntry) {
  const { stage, wait, reasonCode } = entry
  return {
    stage,
    segments: countsOf(entry),
    ...enrichmentOf(entry),
    ...wait,
    ...defined({ reasonCode }),
  }
}

function enrichmentOf({ notes, owesEnrichment }: JobEntry): EnrichmentStanding {
  if (notes) return foldEnrichment(notes.values())
  return { enrichment: owesEnrichment ? 'pending' : 'none' }
}

function countsOf(entry: JobEntry) {
  const final = isTerminal(entry.status) ? outcomeOf(entry)?.segments : undefined
  if (final) return final
  const having = (verdict: SegmentMark['verdict']) =>
    [...entry.marks.values()].filter((mark) => mark.verdict === verdict).length
  return {
    total: entry.totalSegments,
    successful: having('landed'),
    silent: having('silent'),
    failed: having('failed'),
  }
}

function defined(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}

/** An id is its line's instant and number. */
export function eventsSince(
  entry: JobEntry | undefined,
  eventId: string | undefined,
): readonly StreamedEvent[] {
  if (!entry) return []
  const [at = -1, number = -1] = eventId === undefined ? [] : eventId.split('-', 2).map(Number)
  const first = entry.eventsTold - entry.events.length
  return entry.events
    .map((event, i) => ({ id: `${event.at}-${first + i}`, number: first + i, ...event }))
    .filter((event) => event.at > at || (event.at === at && event.number > number))
    .map(({ number: _, ...event }) => event)
}
