import type { Archive } from '../durable/index.ts'
import {
  cutSegments,
  DECODED_RATE_HZ,
  type Naming,
  type Plan,
  RetryableError,
  SCHEMA_VERSION,
  SECOND_MS,
  type Segment,
  type StagedFile,
  TerminalError,
} from '../kernel/index.ts'
import {
  type ChecksumFactory,
  type DecodedFile,
  type FileDecoder,
  ObjectMissingError,
  type ObjectStore,
  type VoiceDetector,
} from '../ports/index.ts'
import type { AttemptContext } from './attempt.ts'
import { verifiedBody } from './verified-body.ts'

export interface PrepareDeps {
  readonly objects: ObjectStore
  readonly archive: Archive
  readonly checksum: ChecksumFactory
  readonly decoder: FileDecoder
  readonly detector: VoiceDetector
  readonly naming: Naming
  readonly maxDecodedBytes: number
}

/** A file with its durable cut, and its sound where a segment of it is still to do. */
export interface PreparedFile {
  readonly file: StagedFile
  readonly plan: Plan
  readonly pcm: Int16Array<ArrayBuffer> | undefined
}

/** Called as the file passes from one step to the next. */
export type OnStep = (step: 'decoding' | 'vad') => void

/**
 * Stages 1 to 3 for one file: decode, find speech, cut. A durable plan is used as it is, so that
 * every retry and re-upload cuts alike (F64); a file whose plan has nothing left to do is not read.
 * @throws TerminalError `sync_staged_audio_expired` when the store says the audio is gone
 */
export async function prepareFile(
  deps: PrepareDeps,
  context: AttemptContext,
  file: StagedFile,
  onStep: OnStep,
): Promise<PreparedFile> {
  const { uidHash } = context.manifest
  const existing = await deps.archive.readPlan(uidHash, file.fileId)
  if (existing && (await nothingLeft(deps, context, existing))) {
    return { file, plan: existing, pcm: undefined }
  }
  onStep('decoding')
  return context.inFlight(file.fileId, () => readFile(deps, context, file, existing, onStep))
}

async function readFile(
  deps: PrepareDeps,
  context: AttemptContext,
  file: StagedFile,
  existing: Plan | undefined,
  onStep: OnStep,
): Promise<PreparedFile> {
  const decoded = await decodeFile(deps, context, file)
  if (existing) return { file, plan: existing, pcm: decoded.pcm }
  const plan = await makePlan(deps, context, file, decoded, onStep)
  await context.trusted()
  const { value } = await deps.archive.createPlan(context.manifest.uidHash, plan, context.signal)
  return { file, plan: value, pcm: decoded.pcm }
}

async function nothingLeft(
  deps: PrepareDeps,
  context: AttemptContext,
  plan: Plan,
): Promise<boolean> {
  for (const { segmentId } of plan.segments) {
    if (context.alreadyLanded(segmentId)) continue
    if (!(await deps.archive.readTranscript(context.manifest.uidHash, segmentId))) return false
  }
  return true
}

async function decodeFile(
  deps: PrepareDeps,
  context: AttemptContext,
  file: StagedFile,
): Promise<DecodedFile> {
  const { signal } = context
  const body = verifiedBody(deps.objects.openRead(file.object, signal), file, deps.checksum)
  try {
    return await deps.decoder.decode(body, file.format, {
      maxDecodedBytes: deps.maxDecodedBytes,
      signal,
    })
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof ObjectMissingError) {
      throw new TerminalError('the staged audio is gone', {
        reasonCode: 'sync_staged_audio_expired',
        cause: error,
      })
    }
    throw error
  }
}

async function makePlan(
  deps: PrepareDeps,
  context: AttemptContext,
  file: StagedFile,
  decoded: DecodedFile,
  onStep: OnStep,
): Promise<Plan> {
  const base = {
    schemaVersion: SCHEMA_VERSION,
    fileId: file.fileId,
    decodedMs: Math.round((decoded.pcm.length / DECODED_RATE_HZ) * SECOND_MS),
    decoder: deps.decoder.version,
    detector: deps.detector.version,
  } as const
  if (decoded.frames === 0) return { ...base, verdict: 'undecodable', segments: [] }
  onStep('vad')
  const speech = await detect(deps, context, decoded.pcm)
  const segments = cutSegments(speech, decoded.pcm.length).map((cut): Segment => {
    const at = (sample: number) => file.startMs + Math.round((sample / DECODED_RATE_HZ) * SECOND_MS)
    return {
      segmentId: deps.naming.segmentId(file.fileId, cut.startSample, cut.endSample),
      startSample: cut.startSample,
      endSample: cut.endSample,
      startMs: at(cut.startSample),
      endMs: at(cut.endSample),
      speechMs: cut.speechMs,
    }
  })
  return { ...base, verdict: segments.length > 0 ? 'speech' : 'silence', segments }
}

/** A detector that fails is never silence: the audio would be deleted unheard (I6). */
async function detect(deps: PrepareDeps, context: AttemptContext, pcm: Int16Array<ArrayBuffer>) {
  try {
    return await deps.detector.detect(pcm, context.signal)
  } catch (error) {
    context.signal.throwIfAborted()
    if (error instanceof RetryableError) throw error
    throw new RetryableError('speech detection failed', {
      reasonCode: 'sync_vad_failed',
      cause: error,
    })
  }
}
