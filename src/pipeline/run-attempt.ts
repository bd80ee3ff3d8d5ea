import type { FairUse, SpeechGate } from '../fair-use/index.ts'
import {
  BusyError,
  distinctFiles,
  inParallel,
  memberOf,
  type ReasonCode,
  RetryableError,
  type Segment,
  type Stage,
  type StagedFile,
  TerminalError,
} from '../kernel/index.ts'
import type { AttemptContext, AttemptOutcome } from './attempt.ts'
import { type PrepareDeps, type PreparedFile, prepareFile } from './prepare-file.ts'
import { createStageTimer, type StageTimer } from './stage-timer.ts'
import { type TranscribeDeps, transcribeSegment } from './transcribe-segment.ts'

export interface PipelineDeps extends PrepareDeps, TranscribeDeps {
  /** Absent when fair use is off. */
  readonly fairUse?: Pick<FairUse, 'openGate'> | undefined
  readonly maxParallelFiles: number
  readonly maxParallelSegments: number
  /** How long a job waits when the provider is busy and did not say how long. */
  readonly defaultSnoozeMs: number
}

/**
 * One attempt of one job: every file decoded and cut, every segment transcribed and landed. A failing
 * segment never stops its neighbours.
 * @throws LeaseLostError or RunAbortedError when `context.signal` is aborted; anything else is returned
 */
export async function runAttempt(
  deps: PipelineDeps,
  context: AttemptContext,
): Promise<AttemptOutcome> {
  const timer = createStageTimer(deps.clock)
  const troubles: unknown[] = []
  try {
    const prepared = await prepareFiles(deps, context, timer, troubles)
    await landSegments(deps, context, prepared, timer, troubles)
  } catch (error) {
    context.signal.throwIfAborted()
    troubles.push(error)
  }
  context.signal.throwIfAborted()
  return judge(troubles, timer, deps.defaultSnoozeMs)
}

async function prepareFiles(
  deps: PipelineDeps,
  context: AttemptContext,
  timer: StageTimer,
  troubles: unknown[],
): Promise<PreparedFile[]> {
  const shown = new Set<Stage>()
  const onStep = async (stage: Stage) => {
    timer.enter(stage)
    if (shown.has(stage)) return
    shown.add(stage)
    await context.progress({ stage })
  }
  const prepared = await inParallel(
    distinctFiles(context.manifest),
    deps.maxParallelFiles,
    async (file) => {
      try {
        return await prepareFile(deps, context, file, onStep)
      } catch (error) {
        context.signal.throwIfAborted()
        troubles.push(error)
        return undefined
      }
    },
  )
  return prepared.filter((file) => file !== undefined)
}

async function landSegments(
  deps: PipelineDeps,
  context: AttemptContext,
  prepared: readonly PreparedFile[],
  timer: StageTimer,
  troubles: unknown[],
): Promise<void> {
  const all = prepared.flatMap(({ file, plan, pcm }) =>
    plan.segments.map((segment) => ({ file, segment, pcm })),
  )
  const open = all.filter(({ segment }) => !context.alreadyLanded(segment.segmentId))
  timer.enter('transcribing')
  const gate = deps.fairUse?.openGate(context.manifest)
  const totalSegments = context.notedBefore + open.length
  await context.progress({ stage: 'transcribing', totalSegments })
  await inParallel(open, deps.maxParallelSegments, async (work) => {
    if (troubles.some(endsTheJob)) return
    try {
      await landSegment(deps, context, work, gate)
    } catch (error) {
      context.signal.throwIfAborted()
      if (!(await failedForGood(context, work.segment, error))) troubles.push(error)
    }
  })
  await gate?.close()
  timer.enter('finalizing')
}

async function landSegment(
  deps: PipelineDeps,
  context: AttemptContext,
  work: { readonly file: StagedFile; readonly segment: Segment; readonly pcm: PreparedFile['pcm'] },
  gate: SpeechGate | undefined,
): Promise<void> {
  const { segmentId } = work.segment
  const transcript = await transcribeSegment(deps, context, work, gate)
  if (transcript.verdict !== 'text') {
    await context.landed({ segmentId, verdict: 'silent' })
    return
  }
  await context.trusted()
  await deps.conversations.land(context.manifest.uidHash, [memberOf(transcript)])
  await context.landed({ segmentId, verdict: 'landed' })
}

/** Audio that the provider refuses for good fails its segment alone. */
async function failedForGood(
  context: AttemptContext,
  segment: Segment,
  error: unknown,
): Promise<boolean> {
  if (!(error instanceof TerminalError) || error.reasonCode !== 'stt_invalid_input') return false
  await context.landed({
    segmentId: segment.segmentId,
    verdict: 'failed',
    reasonCode: error.reasonCode,
  })
  return true
}

/** A wrong key or model, or a budget that is spent, fails every segment alike: no further call is made. */
const ENDS_THE_JOB: readonly ReasonCode[] = [
  'stt_configuration_error',
  'sync_transcription_budget_exhausted',
]

function endsTheJob(error: unknown): boolean {
  return error instanceof TerminalError && ENDS_THE_JOB.includes(error.reasonCode)
}

function judge(
  troubles: readonly unknown[],
  timer: StageTimer,
  defaultSnoozeMs: number,
): AttemptOutcome {
  const terminal = troubles.find((t) => t instanceof TerminalError)
  if (terminal) {
    const { reasonCode, message: detail, retryAfterAt } = terminal
    return {
      kind: 'discard',
      reasonCode,
      detail,
      ...(retryAfterAt === undefined ? {} : { retryAfterAt }),
    }
  }
  const failure = troubles.find((t) => !(t instanceof BusyError))
  if (failure !== undefined) {
    const reasonCode = failure instanceof RetryableError ? failure.reasonCode : undefined
    return { kind: 'retry', error: failure, ...(reasonCode ? { reasonCode } : {}) }
  }
  const busy = troubles.filter((t) => t instanceof BusyError)
  if (busy.length > 0) {
    const forMs = Math.max(...busy.map((b) => b.retryAfterMs ?? defaultSnoozeMs))
    return { kind: 'snooze', forMs, reasonCode: 'stt_upstream_error' }
  }
  return { kind: 'done', stageMs: timer.read() }
}
