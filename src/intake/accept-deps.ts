import type { Archive } from '../durable/index.ts'
import type { FairUse } from '../fair-use/index.ts'
import type { EnqueueDeps } from '../jobs/index.ts'
import type { DispatchMode, Manifest, Uid } from '../kernel/index.ts'
import type {
  Claim,
  ConversationStore,
  JobStore,
  RandomBytes,
  SpeechToText,
} from '../ports/index.ts'
import type { Events } from '../telemetry/index.ts'
import type { StageUploadDeps, UploadPart } from './stage-upload.ts'

export interface AcceptDeps extends StageUploadDeps {
  readonly archive: Archive
  readonly store: JobStore
  readonly conversations: ConversationStore
  readonly randomBytes: RandomBytes
  readonly events: Events
  readonly dispatchMode: DispatchMode
  /** Absent when fair use is off. */
  readonly fairUse?: Pick<FairUse, 'admit'> | undefined
  /** Absent when no queue is configured. */
  readonly enqueueing: EnqueueDeps | undefined
  /** The inline twin: takes over a job that is born held. */
  readonly inline: {
    newToken(): string
    start(manifest: Manifest, claim: Claim, askedAtMs: number, own?: SpeechToText): void
    takeOver(manifest: Manifest, generation: number): Promise<boolean>
  }
  /** Whether this process may run a job after its answer, when the queue refuses it. */
  readonly worksAfterResponse: boolean
  readonly leaseMs: number
  readonly freshMs: number
  /** The sweep of blobs without a manifest waits for at least twice as long. */
  readonly longestUploadMs: number
  readonly probeAfterMs: number
  readonly unavailableRetryAfterMs: number
  /** How long an idempotency key stands for its upload, from its last use. */
  readonly idempotencyKeyMs: number
}

export interface Upload {
  readonly uid: Uid
  readonly parts: AsyncIterable<UploadPart>
  /** The raw `conversation_id`, if any. */
  readonly conversationId: string | undefined
  /** The raw `Idempotency-Key`, if any. */
  readonly idempotencyKey?: string
  readonly platform?: string
  readonly appVersion?: string
  /** Built from the user's own key; lives as long as the job's run in this process. */
  readonly ownSpeechToText?: SpeechToText
  /** Aborted when the client goes away; ignored once the manifest is written. */
  readonly signal: AbortSignal
}
