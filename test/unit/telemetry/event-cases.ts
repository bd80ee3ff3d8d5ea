import { createNaming, enrichmentIdSchema, newJobId, uidSchema } from '../../../src/kernel/index.ts'
import type { Events } from '../../../src/telemetry/index.ts'

export const uid = uidSchema.parse('user-1')
const naming = createNaming('a key of the test, long enough for it')
export const uidHash = naming.uidHash(uid)
export const jobId = newJobId(new Uint8Array(16).fill(0xab), 7)
export const segmentId = naming.segmentId(
  naming.fileId(uid, {
    sha256: 'aa',
    startMs: 0,
    codec: 'opus',
    sampleRate: 16_000,
    channels: 1,
    frameSize: 160,
  }),
  0,
  1,
)
const counts = { total: 3, successful: 2, silent: 0, failed: 1 }
const task = { jobId, generation: 1, lane: 'fresh' } as const
const enrichmentId = enrichmentIdSchema.parse(`${'ab'.repeat(19)}07`)
const work = { enrichmentId, generation: 0, lane: 'fresh' } as const

/** Every event once: name in code, call, counter with labels, severity. */
const PLAIN = { labels: {}, severity: 'INFO' } as const
export const CASES: readonly {
  name: keyof Events
  act: (events: Events) => void
  counter: string
  labels: Record<string, string>
  severity: string
}[] = [
  {
    name: 'uploadAccepted',
    act: (e) =>
      e.uploadAccepted({
        jobId,
        uidHash,
        uid,
        files: 2,
        bytes: 10,
        lane: 'fresh',
        dispatchMode: 'inline',
        byok: false,
        totalMs: 4,
      }),
    counter: 'upload_accepted',
    labels: { dispatch_mode: 'inline', lane: 'fresh' },
    severity: 'INFO',
  },
  {
    name: 'conversationDeleted',
    act: (e) => e.conversationDeleted({ uidHash, segments: 2 }),
    counter: 'conversation_deleted',
    ...PLAIN,
  },
  {
    name: 'fairUseViolation',
    act: (e) =>
      e.fairUseViolation({
        uidHash,
        window: '24h',
        speechMs: 2,
        capMs: 1,
        stage: 'warning',
        at: 0,
      }),
    counter: 'fair_use_violation',
    labels: { stage: 'warning' },
    severity: 'WARNING',
  },
  {
    name: 'subscriptionUnknown',
    act: (e) => e.subscriptionUnknown({ uidHash, error: new Error('no answer') }),
    counter: 'subscription_unknown',
    labels: {},
    severity: 'WARNING',
  },
  {
    name: 'uploadRepeated',
    act: (e) => e.uploadRepeated({ jobId, uidHash, uid, status: 'queued' }),
    counter: 'upload_repeated',
    labels: { status: 'queued' },
    severity: 'INFO',
  },
  {
    name: 'uploadRefused',
    act: (e) => e.uploadRefused({ code: 'staging_unavailable', status: 503, uidHash, uid }),
    counter: 'upload_refused',
    labels: { code: 'staging_unavailable' },
    severity: 'WARNING',
  },
  {
    name: 'taskEnqueued',
    act: (e) => e.taskEnqueued(task),
    counter: 'task_enqueued',
    labels: { lane: 'fresh' },
    severity: 'INFO',
  },
  {
    name: 'enqueueFellBack',
    act: (e) => e.enqueueFellBack({ jobId, lane: 'fresh', to: 'recovery', cause: 'no queue' }),
    counter: 'enqueue_fell_back',
    labels: { lane: 'fresh', to: 'recovery' },
    severity: 'ERROR',
  },
  {
    name: 'taskEnqueueUncertain',
    act: (e) => e.taskEnqueueUncertain({ ...task, cause: '4 DEADLINE_EXCEEDED' }),
    counter: 'task_enqueue_uncertain',
    labels: { lane: 'fresh' },
    severity: 'WARNING',
  },
  {
    name: 'taskEnqueueRefused',
    act: (e) => e.taskEnqueueRefused({ ...task, cause: '7 PERMISSION_DENIED' }),
    counter: 'task_enqueue_refused',
    labels: { lane: 'fresh' },
    severity: 'ERROR',
  },
  {
    name: 'deliveryReceived',
    act: (e) =>
      e.deliveryReceived({ jobId, generation: 0, retryCount: 0, lane: 'fresh', waitedMs: 7 }),
    counter: 'delivery_received',
    labels: { lane: 'fresh' },
    severity: 'DEBUG',
  },
  {
    name: 'deliveryAnswered',
    act: (e) => e.deliveryAnswered({ jobId, status: 409, code: 'locked', ms: 3 }),
    counter: 'delivery_answered',
    labels: { code: 'locked', status: '409' },
    severity: 'INFO',
  },
  {
    name: 'deliveryRejected',
    act: (e) => e.deliveryRejected({ reason: 'wrong_audience' }),
    counter: 'delivery_rejected',
    labels: { reason: 'wrong_audience' },
    severity: 'WARNING',
  },
  {
    name: 'deliveryDropped',
    act: (e) => e.deliveryDropped({ reason: 'invalid_payload', detail: 'not JSON' }),
    counter: 'delivery_dropped',
    labels: { reason: 'invalid_payload' },
    severity: 'ERROR',
  },
  {
    name: 'certificatesUnavailable',
    act: (e) => e.certificatesUnavailable({ tokens: 'oidc', reason: 'no answer in 5 s' }),
    counter: 'certificates_unavailable',
    labels: { tokens: 'oidc' },
    severity: 'ERROR',
  },
  {
    name: 'claimTaken',
    act: (e) => e.claimTaken({ jobId, generation: 0, attempt: 1, epoch: 9 }),
    counter: 'claim_taken',
    ...PLAIN,
  },
  {
    name: 'claimLost',
    act: (e) => e.claimLost({ jobId, epoch: 9, reason: 'refused' }),
    counter: 'claim_lost',
    labels: { reason: 'refused' },
    severity: 'WARNING',
  },
  {
    name: 'segmentLanded',
    act: (e) => e.segmentLanded({ jobId, segmentId, verdict: 'landed' }),
    counter: 'segment_landed',
    labels: { verdict: 'landed' },
    severity: 'DEBUG',
  },
  {
    name: 'attemptEnded',
    act: (e) =>
      e.attemptEnded({
        jobId,
        attempt: 2,
        outcome: 'retry',
        ms: 9,
        reasonCode: 'stt_timeout',
        error: new Error('slow'),
      }),
    counter: 'attempt_ended',
    labels: { outcome: 'retry', reason_code: 'stt_timeout' },
    severity: 'WARNING',
  },
  {
    name: 'jobFinalized',
    act: (e) =>
      e.jobFinalized({ jobId, uidHash, uid, status: 'partial_failure', counts, errors: ['a'] }),
    counter: 'job_finalized',
    labels: { status: 'partial_failure' },
    severity: 'WARNING',
  },
  {
    name: 'jobSettled',
    act: (e) => e.jobSettled({ jobId }),
    counter: 'job_settled',
    ...PLAIN,
  },
  {
    name: 'statusRewritten',
    act: (e) =>
      e.statusRewritten({
        jobId,
        uidHash,
        uid,
        from: 'processing',
        to: 'queued',
        reason: 'lease lapsed',
        by: 'reaper',
      }),
    counter: 'status_rewritten',
    labels: { by: 'reaper', from: 'processing', to: 'queued' },
    severity: 'WARNING',
  },
  {
    name: 'operatorActed',
    act: (e) => e.operatorActed({ jobId, action: 'fail', reason: 'stuck', operator: 'ana@b.c' }),
    counter: 'operator_acted',
    labels: { action: 'fail' },
    severity: 'WARNING',
  },
  {
    name: 'recoveryPass',
    act: (e) => e.recoveryPass({ counts: { ensured: 0, checked: 0 } }),
    counter: 'recovery_pass',
    ...PLAIN,
  },
  {
    name: 'orphansDeleted',
    act: (e) => e.orphansDeleted({ jobId, uidHash, blobs: 3 }),
    counter: 'orphans_deleted',
    ...PLAIN,
  },
  {
    name: 'shardConfirmed',
    act: (e) => e.shardConfirmed({ shard: 7, lostSince: 1 }),
    counter: 'shard_confirmed',
    ...PLAIN,
  },
  {
    name: 'unexpectedError',
    act: (e) => e.unexpectedError({ where: 'dispatch', error: new TypeError('x is not y'), jobId }),
    counter: 'unexpected_error',
    labels: { where: 'dispatch' },
    severity: 'ERROR',
  },
  {
    name: 'enrichmentEnqueued',
    act: (e) => e.enrichmentEnqueued(work),
    counter: 'enrichment_enqueued',
    labels: { lane: 'fresh' },
    severity: 'INFO',
  },
  {
    name: 'enrichmentEnqueueFailed',
    act: (e) => e.enrichmentEnqueueFailed({ ...work, kind: 'refused', cause: 'no' }),
    counter: 'enrichment_enqueue_failed',
    labels: { kind: 'refused', lane: 'fresh' },
    severity: 'WARNING',
  },
  {
    name: 'enrichmentAttemptEnded',
    act: (e) => e.enrichmentAttemptEnded({ enrichmentId, attempt: 1, outcome: 'done', ms: 3 }),
    counter: 'enrichment_attempt_ended',
    labels: { outcome: 'done' },
    severity: 'INFO',
  },
  {
    name: 'enrichmentEnded',
    act: (e) => e.enrichmentEnded({ enrichmentId, verdict: 'done', reconciled: false }),
    counter: 'enrichment_ended',
    labels: { verdict: 'done' },
    severity: 'INFO',
  },
]
