import type { Archive } from '../durable/index.ts'
import {
  inParallel,
  MalformedRecordError,
  objectNames,
  segmentIdSchema,
  type Transcript,
  type UidHash,
} from '../kernel/index.ts'
import type { ListedObject, ObjectStore } from '../ports/index.ts'
import type { Events } from '../telemetry/index.ts'

const PAGE = 1_000
const PARALLEL_READS = 16
/** A transcript is dated by its worker just before the store dates its object. */
const CLOCK_SKEW_MS = 3_600_000

export interface PastSpeechDeps {
  readonly objects: Pick<ObjectStore, 'list'>
  readonly archive: Pick<Archive, 'readTranscript'>
  readonly events: Pick<Events, 'unexpectedError'>
}

export interface PastSpeech {
  /** Landed in the period; what was never sent to speech-to-text is left out. */
  readonly transcripts: readonly Transcript[]
  /** Objects that fit no schema; each is told. */
  readonly unreadable: number
}

/**
 * What was transcribed of a user in a period, from the durable transcripts. An object is never older
 * than its transcript, so that the listing alone rules out all that is older than the period.
 * @param period half-open, epoch ms, by the instant the transcript was made
 */
export async function pastSpeech(
  deps: PastSpeechDeps,
  uidHash: UidHash,
  period: { readonly fromMs: number; readonly toMs: number },
): Promise<PastSpeech> {
  const transcripts: Transcript[] = []
  let unreadable = 0
  const prefix = objectNames.transcriptPrefix(uidHash)
  for await (const page of pages(deps.objects, prefix)) {
    const recent = page.filter(({ createdAt }) => createdAt >= period.fromMs - CLOCK_SKEW_MS)
    const found = await inParallel(recent, PARALLEL_READS, ({ name }) =>
      readTranscript(deps, uidHash, name.slice(prefix.length, -'.json'.length)),
    )
    for (const transcript of found) {
      if (transcript === 'unreadable') unreadable += 1
      else if (transcript && isBillable(transcript, period)) transcripts.push(transcript)
    }
  }
  return { transcripts, unreadable }
}

function isBillable(
  { verdict, landedAt }: Transcript,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): boolean {
  return verdict !== 'superseded' && landedAt >= fromMs && landedAt < toMs
}

async function readTranscript(deps: PastSpeechDeps, uidHash: UidHash, id: string) {
  try {
    return await deps.archive.readTranscript(uidHash, segmentIdSchema.parse(id))
  } catch (error) {
    if (!(error instanceof MalformedRecordError)) throw error
    deps.events.unexpectedError({ where: 'usage', error })
    return 'unreadable'
  }
}

async function* pages(
  objects: Pick<ObjectStore, 'list'>,
  prefix: string,
): AsyncGenerator<readonly ListedObject[]> {
  let startAfter: string | undefined
  for (;;) {
    const page = await objects.list(prefix, { limit: PAGE, ...(startAfter ? { startAfter } : {}) })
    if (page.length > 0) yield page
    startAfter = page.at(-1)?.name
    if (page.length < PAGE || startAfter === undefined) return
  }
}
