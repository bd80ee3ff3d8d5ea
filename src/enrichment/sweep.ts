import { inParallel, objectNames, parseAnnouncedName, utcDay } from '../kernel/index.ts'
import { announceConversation } from './announce.ts'
import type { EnrichmentDeps } from './enrichment-deps.ts'

/** `announced`: those without a summary, now announced again. */
export type SweepCounts = Readonly<Record<'conversations' | 'announced' | 'failed', number>>

/** One page of a walk over what was announced lately. */
export interface SweepPage {
  /** Name after which the walk goes on; undefined begins it. */
  readonly startAfter: string | undefined
  readonly limit: number
  readonly signal: AbortSignal
}

export interface SweptPage {
  readonly counts: SweepCounts
  /** Name after which the next page starts; undefined at the end. */
  readonly cursor: string | undefined
}

const PARALLEL_LOOKS = 4

/**
 * Finds conversations without a summary from what was announced in the last days, for the time after
 * the store was wiped. Costs by those days, whatever was recorded before. Announcing again is
 * idempotent: work that exists is met, not doubled.
 */
export async function sweepEnrichments(deps: EnrichmentDeps, page: SweepPage): Promise<SweptPage> {
  const { limit, signal } = page
  const counts = { conversations: 0, announced: 0, failed: 0 }
  const firstDay = utcDay(deps.clock.now() - deps.limits.sweepBackMs)
  const daysBefore = `${objectNames.announcedPrefix}${firstDay}`
  const isPast = page.startAfter !== undefined && page.startAfter > daysBefore
  const startAfter = isPast ? page.startAfter : daysBefore
  const names = await deps.objects.list(objectNames.announcedPrefix, { limit, startAfter, signal })
  await inParallel(names, PARALLEL_LOOKS, async ({ name }) => {
    signal.throwIfAborted()
    counts.conversations += 1
    try {
      const seen = await announceConversation(deps, {
        ...parseAnnouncedName(name),
        ...{ lane: 'backfill', listeners: [] },
      })
      if (seen.kind === 'work') counts.announced += 1
    } catch (error) {
      signal.throwIfAborted()
      counts.failed += 1
      deps.events.unexpectedError({ where: 'enrichment sweep', error })
    }
  })
  return { counts, cursor: names.length < limit ? undefined : names.at(-1)?.name }
}
