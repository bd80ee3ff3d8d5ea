import type { FairUse, SpeechGate } from '../fair-use/index.ts'
import {
  distinctFiles,
  inParallel,
  memberOf,
  type ReasonCode,
  type Segment,
  type Stage,
  type StagedFile,
  TerminalError,
} from '../kernel/index.ts'
import type { UnitId } from '../ports/index.ts'
import type { PreferenceStore } from '../preferences/index.ts'
import type { AttemptContext, AttemptOutcome } from './attempt.ts'
import { type AttemptLimits, endsTheJob, judgeAttempt } from './judge-attempt.ts'
import { type PrepareDeps, type PreparedFile, prepareFile } from './prepare-file.ts'
import { type AttemptHints, createHints } from './speech-hints.ts'
import { createStageTimer, type StageTimer } from './stage-timer.ts'
import { type TranscribeDeps, transcribeSegment, transcriptOfLost } from './transcribe-segment.ts'

export interface PipelineDeps extends PrepareDeps, TranscribeDeps, AttemptLimits {
  /** Absent when fair use is off. */
  readonly fairUse?: Pick<FairUse, 'openGate'> | undefined
  /** What users said about their speech. */
  readonly preferences: Pick<PreferenceStore, 'read'>
  /** BCP-47, for users who chose none; the provider detects it when absent. */
  readonly language?: string
  readonly maxParallelFiles: number
  readonly maxParallelSegments: number
}

/**
 * One attempt of one job: every file decoded and cut, every segment transcribed and landed. A failing
 * segment never stops its neighbours. What a worker may have died of goes last and alone, so that its
 * neighbours are safe from it and it is known when it kills again (F33, F34).
 * @throws LeaseLostError or RunAbortedError when `context.signal` is aborted; anything else is returned
 */
export async function runAttempt(
  deps: PipelineDeps,
  context: AttemptContext,
): Promise<AttemptOutcome> {
  const timer = createStageTimer(deps.clock)
  const hints = createHints(deps, context.manifest.uidHash)
  const run: Run = {
    ...{ deps, context, timer, hints, troubles: [], shown: new Set(), total: 0 },
    lost: false,
  }
  const files = bySuspicion(context, distinctFiles(context.manifest), (file) => file.fileId)
  try {
    await landSegments(run, await prepareFiles(run, files.calm))
    if (files.suspect.length > 0) await landSegments(run, await prepareAlone(run, files.suspect))
  } catch (error) {
    context.signal.throwIfAborted()
    run.troubles.push(error)
  }
  context.signal.throwIfAborted()
  timer.enter('finalizing')
  return judgeAttempt(deps, { ...run, stageMs: timer.read() })
}

/** What one attempt gathers on its way. */
interface Run {
  readonly deps: PipelineDeps
  readonly context: AttemptContext
  readonly timer: StageTimer
  readonly hints: AttemptHints
  readonly troubles: unknown[]
  readonly shown: Set<Stage>
  /** Open segments met so far. */
  total: number
  /** A unit is given up: its worker died of it too often. */
  lost: boolean
}

/** Suspects apart, the least suspicious first: who comes through is acquitted before the next death. */
function bySuspicion<T>(
  context: AttemptContext,
  items: readonly T[],
  unitOf: (item: T) => UnitId,
): { readonly calm: readonly T[]; readonly suspect: readonly T[] } {
  const deaths = (item: T) => context.loneDeaths(unitOf(item))
  return {
    calm: items.filter((item) => deaths(item) === undefined),
    suspect: items
      .filter((item) => deaths(item) !== undefined)
      .sort((a, b) => (deaths(a) ?? 0) - (deaths(b) ?? 0)),
  }
}

function isGivenUp({ deps, context }: Run, unit: UnitId): boolean {
  return (context.loneDeaths(unit) ?? 0) >= deps.maxLoneDeaths
}

async function prepareFiles(run: Run, files: readonly StagedFile[]): Promise<PreparedFile[]> {
  run.context.expect(
    files.map((file) => file.fileId),
    files.length,
  )
  const prepared = await inParallel(files, run.deps.maxParallelFiles, (file) => prepare(run, file))
  return prepared.filter((file) => file !== undefined)
}

async function prepareAlone(run: Run, files: readonly StagedFile[]): Promise<PreparedFile[]> {
  const prepared: PreparedFile[] = []
  for (const file of files) {
    const ready = isGivenUp(run, file.fileId) ? await giveUp(run, file) : await prepare(run, file)
    if (ready) prepared.push(ready)
  }
  return prepared
}

/** A file that kills is not read again; what its plan still lacks is lost. */
async function giveUp(run: Run, file: StagedFile): Promise<PreparedFile | undefined> {
  run.lost = true
  const { deps, context } = run
  const plan = await deps.archive.readPlan(context.manifest.uidHash, file.fileId)
  return plan && { file, plan, pcm: undefined }
}

async function prepare(run: Run, file: StagedFile): Promise<PreparedFile | undefined> {
  const { deps, context, timer, shown } = run
  const onStep = (stage: Stage) => {
    timer.enter(stage)
    if (shown.has(stage)) return
    shown.add(stage)
    context.progress({ stage })
  }
  try {
    return await prepareFile(deps, context, file, onStep)
  } catch (error) {
    context.signal.throwIfAborted()
    run.troubles.push(error)
    return undefined
  }
}

async function landSegments(run: Run, prepared: readonly PreparedFile[]): Promise<void> {
  const { deps, context, timer } = run
  const all = prepared.flatMap(({ file, plan, pcm }) =>
    plan.segments.map((segment) => ({ file, segment, pcm })),
  )
  run.lost ||= all.some(({ segment }) => isGivenUp(run, segment.segmentId))
  const open = all.filter(({ segment }) => !context.alreadyLanded(segment.segmentId))
  const { calm, suspect } = bySuspicion(context, open, ({ segment }) => segment.segmentId)
  context.expect(
    calm.map(({ segment }) => segment.segmentId),
    deps.maxParallelSegments,
  )
  timer.enter('transcribing')
  const gate = deps.fairUse?.openGate(context.manifest)
  run.total += open.length
  context.progress({
    stage: 'transcribing',
    totalSegments: context.notedBefore + run.total,
  })
  const land = async (work: Work) => {
    if (run.troubles.some(endsTheJob)) return
    try {
      await landSegment(run, work, gate)
    } catch (error) {
      context.signal.throwIfAborted()
      if (!(await failedForGood(context, work.segment, error))) run.troubles.push(error)
    }
  }
  await inParallel(calm, deps.maxParallelSegments, land)
  await inParallel(suspect, 1, land)
  await gate?.close()
}

interface Work {
  readonly file: StagedFile
  readonly segment: Segment
  readonly pcm: PreparedFile['pcm']
}

async function landSegment(run: Run, work: Work, gate: SpeechGate | undefined): Promise<void> {
  const { deps, context, hints } = run
  const { segmentId } = work.segment
  const isLost = isGivenUp(run, segmentId) || isGivenUp(run, work.file.fileId)
  const transcript = isLost
    ? await transcriptOfLost(deps, context, work.segment)
    : await context.inFlight(segmentId, () =>
        transcribeSegment(deps, context, work, { gate, hints }),
      )
  if (transcript.verdict === 'silent') {
    await context.landed({ segmentId, verdict: 'silent' })
    return
  }
  await context.trusted()
  const { uidHash } = context.manifest
  const deleted = await deps.conversations.land(uidHash, [memberOf(transcript)])
  const erasedAt = deps.clock.now()
  await deps.archive.blankTranscripts(uidHash, { segmentIds: deleted, erasedAt })
  const verdict = deleted.includes(segmentId) ? 'silent' : 'landed'
  await context.landed({ segmentId, verdict })
}

const OF_ONE_SEGMENT: readonly ReasonCode[] = ['stt_invalid_input', 'sync_worker_lost']

/** Audio that the provider refuses for good, or that kills its worker, fails its segment alone. */
async function failedForGood(
  context: AttemptContext,
  segment: Segment,
  error: unknown,
): Promise<boolean> {
  if (!(error instanceof TerminalError) || !OF_ONE_SEGMENT.includes(error.reasonCode)) return false
  await context.landed({
    segmentId: segment.segmentId,
    verdict: 'failed',
    reasonCode: error.reasonCode,
  })
  return true
}
