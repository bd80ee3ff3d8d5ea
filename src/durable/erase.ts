import {
  type ConversationId,
  conversationIdSchema,
  dayOfConversation,
  inParallel,
  objectNames,
  type SegmentId,
  type Transcript,
  transcriptSchema,
  type UidHash,
} from '../kernel/index.ts'
import type { ListedObject, ObjectStore } from '../ports/index.ts'
import { parseObject } from './once.ts'

const PARALLEL_OBJECTS = 8
const NAMES_A_PAGE = 1_000

/**
 * Takes the words out of transcripts; that the segment was transcribed, by whom and how long it is, stays:
 * it is the usage record. What is blank already, or was never made, is success.
 */
export async function blankTranscripts(
  objects: Pick<ObjectStore, 'read' | 'replace'>,
  uidHash: UidHash,
  { segmentIds, erasedAt }: { readonly segmentIds: Iterable<SegmentId>; readonly erasedAt: number },
): Promise<void> {
  await inParallel([...new Set(segmentIds)], PARALLEL_OBJECTS, async (segmentId) => {
    const name = objectNames.transcript(uidHash, segmentId)
    const stored = await objects.read(name)
    if (!stored) return
    const transcript = parseObject(name, stored.bytes, transcriptSchema)
    if (transcript.verdict !== 'text' || transcript.erasedAt !== undefined) return
    const { language: _, ...kept } = transcript
    const blank: Transcript = { ...kept, text: '', words: [], erasedAt }
    // Nobody writes a transcript again but to blank it: a conflict is that.
    await objects.replace(name, Buffer.from(JSON.stringify(blank)), {
      ifGeneration: stored.generation,
      contentType: 'application/json',
    })
  })
}

/** Deletes every summary that was made under one of these ids, of whatever revision. */
export async function deleteEnrichments(
  objects: Pick<ObjectStore, 'list' | 'delete'>,
  uidHash: UidHash,
  ids: ReadonlySet<ConversationId>,
): Promise<void> {
  for (const day of new Set([...ids].map(dayOfConversation))) {
    const prefix = objectNames.enrichmentsOfDay(uidHash, day)
    for await (const page of pagesOf(objects, prefix)) {
      const own = page.filter(({ name }) => {
        const id = conversationIdSchema.safeParse(name.split('/')[2])
        return id.success && ids.has(id.data)
      })
      await inParallel(own, PARALLEL_OBJECTS, ({ name }) => objects.delete(name))
    }
  }
}

/** Everything under a prefix, by name. */
export async function* pagesOf(
  objects: Pick<ObjectStore, 'list'>,
  prefix: string,
): AsyncGenerator<readonly ListedObject[]> {
  for (let startAfter: string | undefined; ; ) {
    const page = await objects.list(prefix, {
      limit: NAMES_A_PAGE,
      ...(startAfter === undefined ? {} : { startAfter }),
    })
    yield page
    startAfter = page.at(-1)?.name
    if (page.length < NAMES_A_PAGE) return
  }
}
