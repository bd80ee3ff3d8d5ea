/** Every code a job can end or wait with: what it means, who should act, whether trying again helps. */
interface Reason {
  readonly meaning: string
  readonly actor: 'client' | 'operator' | 'nobody'
  readonly retryable: boolean
}

export const REASONS = {
  sync_invalid_audio: reason('No file of the upload contains readable audio.', 'client', false),
  sync_decode_failed: reason('The audio could not be decoded.', 'client', true),
  sync_vad_failed: reason('Speech detection failed.', 'operator', true),
  sync_staged_audio_expired: reason(
    'The uploaded audio is no longer stored; upload it again.',
    'client',
    true,
  ),
  sync_dispatch_lost: reason(
    'The job was never started while its audio was kept.',
    'operator',
    true,
  ),
  sync_worker_lost: reason('background worker likely died', 'client', true),
  sync_worker_stalled: reason('The work stopped making progress.', 'operator', true),
  sync_job_timeout: reason(
    'The job ran too long without making progress; background worker likely died',
    'client',
    true,
  ),
  sync_attempts_exhausted: reason('Every attempt failed.', 'client', true),
  sync_segments_lost: reason('Part of the audio could not be transcribed.', 'client', true),
  sync_transcription_budget_exhausted: reason(
    "Today's transcription budget is used up.",
    'client',
    true,
  ),
  sync_repeat_failure_paused: reason(
    'The same audio failed repeatedly and is paused.',
    'client',
    true,
  ),
  sync_cancelled: reason('The job was cancelled.', 'nobody', true),
  sync_operator_failed: reason('An operator ended the job.', 'operator', true),
  stt_timeout: reason('The speech-to-text provider did not answer in time.', 'client', true),
  stt_upstream_error: reason('The speech-to-text provider failed.', 'client', true),
  stt_configuration_error: reason(
    'The speech-to-text provider is not configured correctly.',
    'operator',
    false,
  ),
  stt_invalid_input: reason('The speech-to-text provider refused the audio.', 'client', false),
  byok_worker_lost: reason(
    'background worker likely died; the job ran with your own provider key, which is never stored',
    'client',
    true,
  ),
  enrichment_timeout: reason('The summary was not ready in time.', 'nobody', true),
  enrichment_upstream_error: reason('The summary provider failed.', 'operator', true),
  enrichment_configuration_error: reason(
    'The summary provider is not configured correctly.',
    'operator',
    true,
  ),
  enrichment_invalid_input: reason('The summary provider refused the text.', 'nobody', false),
  enrichment_invalid_answer: reason(
    'The summary provider gave no usable summary.',
    'operator',
    false,
  ),
  enrichment_worker_lost: reason(
    'background worker likely died while the summary was made',
    'operator',
    true,
  ),
} as const satisfies Record<string, Reason>

export type ReasonCode = keyof typeof REASONS

export const REASON_CODES = Object.keys(REASONS) as [ReasonCode, ...ReasonCode[]]

const OWN_KEY_REFUSED =
  'The speech-to-text provider refused the key that was sent with the upload, or its account.'

/** What a code means to the user. What is a setting of ours otherwise is theirs with their own key. */
export function meaningOf(code: ReasonCode, job: { readonly byok: boolean }): string {
  return job.byok && code === 'stt_configuration_error' ? OWN_KEY_REFUSED : REASONS[code].meaning
}

function reason(meaning: string, actor: Reason['actor'], retryable: boolean): Reason {
  return { meaning, actor, retryable }
}
