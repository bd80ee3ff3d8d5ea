import {
  type ConversationId,
  type Deletion,
  deletionSchema,
  type EnrichmentObject,
  type EnrichmentSubject,
  enrichmentObjectSchema,
  type JobId,
  type Manifest,
  manifestSchema,
  type OutcomeObject,
  objectNames,
  outcomeObjectSchema,
  type Plan,
  planSchema,
  type SegmentId,
  type Transcript,
  transcriptSchema,
  type UidHash,
} from '../kernel/index.ts'
import type { ChecksumFactory, ObjectStore } from '../ports/index.ts'
import { blankTranscripts, deleteEnrichments, pagesOf } from './erase.ts'
import { onceObjects } from './once.ts'

/** The durable objects by what they say. Creating what exists returns the one that exists. */
export interface Archive {
  createManifest(manifest: Manifest, signal?: AbortSignal): Promise<Created<Manifest>>
  readManifest(uidHash: UidHash, jobId: JobId): Promise<Manifest | undefined>
  createPlan(uidHash: UidHash, plan: Plan, signal?: AbortSignal): Promise<Created<Plan>>
  readPlan(uidHash: UidHash, fileId: string): Promise<Plan | undefined>
  createTranscript(
    uidHash: UidHash,
    t: Transcript,
    signal?: AbortSignal,
  ): Promise<Created<Transcript>>
  readTranscript(uidHash: UidHash, segmentId: SegmentId): Promise<Transcript | undefined>
  createOutcome(outcome: OutcomeObject): Promise<Created<OutcomeObject>>
  readOutcome(uidHash: UidHash, jobId: JobId): Promise<OutcomeObject | undefined>
  /** What became of one revision; whoever creates it first decides (I4). */
  createEnrichment(uidHash: UidHash, e: EnrichmentObject): Promise<Created<EnrichmentObject>>
  readEnrichment(subject: EnrichmentSubject): Promise<EnrichmentObject | undefined>
  /** What the user wants gone. The same conversation with the same members is one deletion. */
  createDeletion(deletion: Deletion): Promise<Created<Deletion>>
  /** Names of the deletions that were begun and not settled; of one user, or of all. */
  openDeletions(uidHash?: UidHash): AsyncGenerator<string>
  /** Undefined when it has been settled meanwhile. */
  readDeletion(name: string): Promise<Deletion | undefined>
  /** The last step of a deletion: nothing is owed of it any more. */
  settleDeletion(deletion: Deletion): Promise<void>
  /** Takes the words out of transcripts and keeps the usage records (idempotent). */
  blankTranscripts(
    uidHash: UidHash,
    what: { readonly segmentIds: Iterable<SegmentId>; readonly erasedAt: number },
  ): Promise<void>
  /** Deletes the summaries that were ever made under these ids (idempotent). */
  deleteEnrichments(uidHash: UidHash, ids: ReadonlySet<ConversationId>): Promise<void>
  /** Blobs first, the manifest last: while a blob lives, something still points at it (I11). */
  deleteStaging(manifest: Manifest): Promise<void>
}

export interface Created<T> {
  readonly mine: boolean
  readonly value: T
}

export function createArchive(deps: {
  readonly objects: ObjectStore
  readonly checksum: ChecksumFactory
}): Archive {
  const { objects } = deps
  const manifests = onceObjects(deps, manifestSchema)
  const plans = onceObjects(deps, planSchema)
  const transcripts = onceObjects(deps, transcriptSchema)
  const enrichments = onceObjects(deps, enrichmentObjectSchema)
  const outcomes = onceObjects(deps, outcomeObjectSchema)
  const deletions = onceObjects(deps, deletionSchema)
  const nameOf = (d: Deletion) => objectNames.deletion(d.uidHash, d.conversationId, d.revision)
  return {
    createManifest: (m, signal) =>
      manifests.create(objectNames.manifest(m.uidHash, m.jobId), m, signal),
    readManifest: (uidHash, jobId) => manifests.read(objectNames.manifest(uidHash, jobId)),
    createPlan: (uidHash, p, signal) =>
      plans.create(objectNames.plan(uidHash, p.fileId), p, signal),
    readPlan: (uidHash, fileId) => plans.read(objectNames.plan(uidHash, fileId)),
    createTranscript: (uidHash, t, signal) =>
      transcripts.create(objectNames.transcript(uidHash, t.segmentId), t, signal),
    readTranscript: (uidHash, segmentId) =>
      transcripts.read(objectNames.transcript(uidHash, segmentId)),
    createOutcome: (o) => outcomes.create(objectNames.outcome(o.uidHash, o.jobId), o),
    readOutcome: (uidHash, jobId) => outcomes.read(objectNames.outcome(uidHash, jobId)),
    createEnrichment: (uidHash, e) =>
      enrichments.create(objectNames.enrichment(uidHash, e.conversationId, e.revision), e),
    readEnrichment: ({ uidHash, conversationId, revision }) =>
      enrichments.read(objectNames.enrichment(uidHash, conversationId, revision)),
    createDeletion: (d) => deletions.create(nameOf(d), d),
    openDeletions: async function* (uidHash) {
      for await (const page of pagesOf(objects, objectNames.deletionsPrefix(uidHash))) {
        for (const { name } of page) yield name
      }
    },
    readDeletion: (name) => deletions.read(name),
    settleDeletion: (d) => objects.delete(nameOf(d)),
    blankTranscripts: (uidHash, what) => blankTranscripts(objects, uidHash, what),
    deleteEnrichments: (uidHash, ids) => deleteEnrichments(objects, uidHash, ids),
    deleteStaging: async (manifest) => {
      for (const file of manifest.files) await objects.delete(file.object)
      await objects.delete(objectNames.manifest(manifest.uidHash, manifest.jobId))
    },
  }
}
