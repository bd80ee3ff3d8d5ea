import type { HeldClaim } from '../jobs/index.ts'
import {
  BusyError,
  type EnrichmentObject,
  isFiller,
  LeaseLostError,
  RetryableError,
  RunAbortedError,
  TerminalError,
  tellOnce,
} from '../kernel/index.ts'
import type { EnrichmentClaim, EnrichmentEnd, EnrichmentRecord } from '../ports/index.ts'
import { noteOfObject, subjectOf } from './announce.ts'
import type { EnrichmentDeps } from './enrichment-deps.ts'

/** How one attempt ended; nothing is written of it yet but the durable object. */
export type WorkEnd =
  | ({ readonly kind: 'ended'; readonly reconciled: boolean } & EnrichmentEnd)
  /** The provider says later, or an operator must act: no attempt is spent. */
  | { readonly kind: 'wait'; readonly forMs: number | undefined; readonly error: Error }
  | { readonly kind: 'retry'; readonly error: unknown; readonly isOurs: boolean }
  | { readonly kind: 'lease_lost' }

type Object = EnrichmentObject
type Fate = Pick<Extract<Object, { verdict: 'done' }>, 'verdict' | 'provider' | 'summary'>
type Verdict =
  | Fate
  | Pick<Extract<Object, { verdict: 'skipped' }>, 'verdict'>
  | Pick<Extract<Object, { verdict: 'failed' }>, 'verdict' | 'reasonCode'>

/**
 * Makes the summary of one revision under a held claim. What exists is not made again; a revision that
 * is not the conversation's any more is not made at all (I4).
 */
export async function attemptWork(
  deps: EnrichmentDeps,
  held: HeldClaim<EnrichmentClaim>,
  record: EnrichmentRecord,
  /** Shutdown or the request's hard abort; its reason is a RunAbortedError. */
  stop: AbortSignal,
): Promise<WorkEnd> {
  await using budget = startBudget(deps)
  const signal = AbortSignal.any([held.signal, stop, budget.signal])
  try {
    const known = await deps.archive.readEnrichment(record)
    if (known) return await endOf(deps, record, known, true)
    if (record.attempt > deps.limits.maxAttempts) {
      return await recordFate(deps, held, record, {
        verdict: 'failed',
        reasonCode: 'enrichment_worker_lost',
      })
    }
    const outline = await deps.conversations.find(record.uidHash, record.conversationId)
    const current = outline && subjectOf(record.uidHash, outline)
    const isCurrent =
      current?.revision === record.revision && current.conversationId === record.conversationId
    if (!outline || !isCurrent) return { kind: 'ended', reconciled: false, verdict: 'superseded' }
    const transcripts = tellOnce(await deps.conversations.transcriptsOf(record.uidHash, outline))
    if (isFiller(outline, transcripts, deps.limits)) {
      return await recordFate(deps, held, record, { verdict: 'skipped' })
    }
    await held.trusted()
    const { provider } = deps.summarizer
    const summary = await deps.summarizer.summarize({ transcripts, signal })
    return await recordFate(deps, held, record, { verdict: 'done', provider, summary })
  } catch (error) {
    return endOfError(deps, held, record, signal.aborted ? signal.reason : error)
  }
}

/** The failure is durable: the conversation stands without a summary, and says why. */
export async function recordFate(
  deps: EndDeps,
  held: HeldClaim<EnrichmentClaim>,
  record: EnrichmentRecord,
  fate: Verdict,
): Promise<Extract<WorkEnd, { kind: 'ended' }>> {
  await held.trusted()
  const { conversationId, revision } = record
  const base = { schemaVersion: 1, conversationId, revision, createdAt: deps.clock.now() } as const
  const { value, mine } = await deps.archive.createEnrichment(record.uidHash, { ...base, ...fate })
  return endOf(deps, record, value, !mine)
}

type EndDeps = Pick<EnrichmentDeps, 'archive' | 'clock' | 'conversations'>

/**
 * What stands of the revision. A summary that came to be while its user deleted the conversation may have
 * come after the deletion looked for summaries: it is taken away again.
 */
async function endOf(
  { archive, conversations }: EndDeps,
  { uidHash, conversationId }: EnrichmentRecord,
  object: EnrichmentObject,
  reconciled: boolean,
): Promise<Extract<WorkEnd, { kind: 'ended' }>> {
  if (await conversations.wasDeleted(uidHash, conversationId)) {
    await archive.deleteEnrichments(uidHash, new Set([conversationId]))
    return { kind: 'ended', reconciled: false, verdict: 'superseded' }
  }
  const { state, ...why } = noteOfObject(object)
  return { kind: 'ended', reconciled, verdict: object.verdict, ...why }
}

async function endOfError(
  deps: EnrichmentDeps,
  held: HeldClaim<EnrichmentClaim>,
  record: EnrichmentRecord,
  error: unknown,
): Promise<WorkEnd> {
  if (error instanceof LeaseLostError) return { kind: 'lease_lost' }
  if (error instanceof BusyError) return { kind: 'wait', forMs: error.retryAfterMs, error }
  if (error instanceof TerminalError) {
    // Nothing was paid, and the key or the model will be set right: the words are not going away.
    if (error.reasonCode === 'enrichment_configuration_error') {
      return { kind: 'wait', forMs: undefined, error }
    }
    const { reasonCode } = error
    return recordFate(deps, held, record, { verdict: 'failed', reasonCode })
  }
  if (error instanceof RunAbortedError && error.abortCause === 'budget') {
    const late = new RetryableError('the budget of the attempt was spent', {
      reasonCode: 'enrichment_timeout',
      cause: error,
    })
    return { kind: 'retry', error: late, isOurs: false }
  }
  return { kind: 'retry', error, isOurs: error instanceof RunAbortedError }
}

interface Budget extends AsyncDisposable {
  readonly signal: AbortSignal
}

function startBudget({ clock, limits }: Pick<EnrichmentDeps, 'clock' | 'limits'>): Budget {
  const spent = new AbortController()
  const ended = new AbortController()
  const waiting = clock.sleep(limits.budgetMs, ended.signal).then(
    () => spent.abort(new RunAbortedError('budget')),
    () => undefined,
  )
  return {
    signal: spent.signal,
    [Symbol.asyncDispose]: async () => {
      ended.abort()
      await waiting
    },
  }
}
