import {
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
    deleteStaging: async (manifest) => {
      for (const file of manifest.files) await objects.delete(file.object)
      await objects.delete(objectNames.manifest(manifest.uidHash, manifest.jobId))
    },
  }
}
