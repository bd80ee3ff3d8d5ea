import {
  type ConversationOutline,
  MalformedRecordError,
  objectNames,
  type UidHash,
  uidHashSchema,
  utcDay,
} from '../kernel/index.ts'
import type { ListCursor, ObjectStore } from '../ports/index.ts'
import { announceOutline } from './announce.ts'
import type { EnrichmentDeps } from './enrichment-deps.ts'

/** `announced`: those without a summary that nobody was at work on. */
export type SweepCounts = Readonly<
  Record<'users' | 'conversations' | 'announced' | 'failed', number>
>

const NAMES_A_PAGE = 1_000
const CONVERSATIONS_A_PAGE = 50

/**
 * Finds the recent conversations without a summary from the day documents alone, for the time after the
 * store was wiped. Announcing is idempotent: work that exists is met, not doubled. Costs a listing of
 * all day documents, then reads for those users who recorded lately.
 */
export async function sweepEnrichments(
  deps: EnrichmentDeps & { readonly objects: Pick<ObjectStore, 'list'> },
  signal: AbortSignal,
): Promise<SweepCounts> {
  const counts = { users: 0, conversations: 0, announced: 0, failed: 0 }
  const sinceMs = deps.clock.now() - deps.limits.sweepBackMs
  for await (const uidHash of usersWithDaysSince(deps.objects, utcDay(sinceMs), signal)) {
    counts.users += 1
    try {
      for await (const outline of outlinesSince(deps, uidHash, sinceMs)) {
        signal.throwIfAborted()
        counts.conversations += 1
        const announced = await announceOutline(deps, outline, {
          ...{ uidHash, lane: 'backfill', listeners: [] },
        })
        if (announced.kind === 'work') counts.announced += 1
      }
    } catch (error) {
      signal.throwIfAborted()
      counts.failed += 1
      deps.events.unexpectedError({ where: 'enrichment sweep', error })
    }
  }
  return counts
}

async function* usersWithDaysSince(
  objects: Pick<ObjectStore, 'list'>,
  firstDay: string,
  signal: AbortSignal,
): AsyncGenerator<UidHash> {
  let seen: string | undefined
  for (let last: string | undefined; ; ) {
    const page = await objects.list(objectNames.timelinesPrefix, {
      limit: NAMES_A_PAGE,
      signal,
      ...(last === undefined ? {} : { startAfter: last }),
    })
    for (const { name } of page) {
      const [, owner, day] = /^timelines\/([0-9a-f]+)\/(\d{8})\.json$/.exec(name) ?? []
      if (owner === undefined || day === undefined) {
        throw new MalformedRecordError(`${name} is not the name of a day`)
      }
      if (day < firstDay || owner === seen) continue
      seen = owner
      yield uidHashSchema.parse(owner)
    }
    if (page.length < NAMES_A_PAGE) return
    last = page.at(-1)?.name
  }
}

async function* outlinesSince(
  { conversations }: Pick<EnrichmentDeps, 'conversations'>,
  uidHash: UidHash,
  sinceMs: number,
): AsyncGenerator<ConversationOutline> {
  for (let before: ListCursor | undefined; ; ) {
    const page = await conversations.list(uidHash, {
      limit: CONVERSATIONS_A_PAGE,
      ...(before ? { before } : {}),
    })
    for (const outline of page) if (outline.endMs >= sinceMs) yield outline
    const oldest = page.at(-1)
    if (!oldest || page.length < CONVERSATIONS_A_PAGE || oldest.startMs < sinceMs) return
    before = oldest
  }
}
