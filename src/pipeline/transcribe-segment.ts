import type { Archive } from '../durable/index.ts'
import type { SpeechGate } from '../fair-use/index.ts'
import {
  type ConversationId,
  conversationIdSchema,
  dayOfConversation,
  memberOf,
  RetryableError,
  SCHEMA_VERSION,
  type Segment,
  type StagedFile,
  seedOf,
  TerminalError,
  type Transcript,
} from '../kernel/index.ts'
import type { Clock, ConversationStore, SpeechToText, Transcription } from '../ports/index.ts'
import type { AttemptContext } from './attempt.ts'
import type { AttemptHints, SpeechHints } from './speech-hints.ts'

export interface TranscribeDeps {
  readonly archive: Archive
  readonly conversations: ConversationStore
  readonly speechToText: SpeechToText
  readonly clock: Clock
  readonly segmentTimeoutMs: number
}

/**
 * One segment: transcript object, then timeline, in this order; the caller marks it last. An object
 * that exists is used, whoever made it: no audio is transcribed or paid for twice (I4, I5). The
 * timeline write is redone even so, since an object alone proves text, not landing. What belongs to a
 * conversation that the user deleted is not transcribed.
 * @throws TerminalError when the gate lets no more speech through
 */
export async function transcribeSegment(
  deps: TranscribeDeps,
  context: AttemptContext,
  work: {
    readonly file: StagedFile
    readonly segment: Segment
    readonly pcm: Int16Array<ArrayBuffer> | undefined
  },
  how: { readonly gate: SpeechGate | undefined; readonly hints: AttemptHints },
): Promise<Transcript> {
  const { uidHash } = context.manifest
  const { segmentId } = work.segment
  const existing = await deps.archive.readTranscript(uidHash, segmentId)
  if (existing) return existing
  const unheard = describeTranscript(deps, context, work, undefined)
  if (await deps.conversations.isSuperseded(uidHash, memberOf(unheard))) {
    await context.trusted()
    return (await deps.archive.createTranscript(uidHash, unheard, context.signal)).value
  }
  if (!work.pcm) throw new RetryableError(`segment ${segmentId} has neither transcript nor audio`)
  const pcm = work.pcm.slice(work.segment.startSample, work.segment.endSample)
  await context.trusted()
  await how.gate?.pass(work.segment)
  const heard = await how.hints.with((hints) => hear(deps, context, pcm, hints))
  await context.trusted()
  const transcript = describeTranscript(deps, context, work, heard)
  return (await deps.archive.createTranscript(uidHash, transcript, context.signal)).value
}

/** What stands of a segment that is never tried again. @throws TerminalError `sync_worker_lost` when nothing does */
export async function transcriptOfLost(
  deps: Pick<TranscribeDeps, 'archive'>,
  context: AttemptContext,
  { segmentId }: Segment,
): Promise<Transcript> {
  const existing = await deps.archive.readTranscript(context.manifest.uidHash, segmentId)
  if (existing) return existing
  throw new TerminalError(`segment ${segmentId} is given up`, { reasonCode: 'sync_worker_lost' })
}

/** Empty text is asked for once more, identically, before it is believed. */
async function hear(
  deps: TranscribeDeps,
  context: AttemptContext,
  pcm: Int16Array<ArrayBuffer>,
  hints: SpeechHints,
): Promise<Transcription> {
  const first = await ask(deps, context, pcm, hints)
  return first.text.trim() === '' ? ask(deps, context, pcm, hints) : first
}

async function ask(
  deps: TranscribeDeps,
  context: AttemptContext,
  pcm: Int16Array<ArrayBuffer>,
  hints: SpeechHints,
): Promise<Transcription> {
  await context.trusted()
  const timeUp = new AbortController()
  const answered = new AbortController()
  const timer = deps.clock.sleep(deps.segmentTimeoutMs, answered.signal).then(
    () => timeUp.abort(new RetryableError('no transcript in time', { reasonCode: 'stt_timeout' })),
    () => undefined,
  )
  try {
    return await deps.speechToText.transcribe({
      pcm,
      signal: AbortSignal.any([context.signal, timeUp.signal]),
      ...hints,
    })
  } finally {
    answered.abort()
    await timer
  }
}

/** @param heard undefined when nobody was asked: the segment is superseded */
function describeTranscript(
  deps: TranscribeDeps,
  context: AttemptContext,
  work: { readonly file: StagedFile; readonly segment: Segment },
  heard: Transcription | undefined,
): Transcript {
  const { segment, file } = work
  const { manifest } = context
  const text = heard?.text.trim() ?? ''
  const words = heard?.words ?? []
  return {
    schemaVersion: SCHEMA_VERSION,
    segmentId: segment.segmentId,
    fileId: file.fileId,
    verdict: heard === undefined ? 'superseded' : text === '' ? 'silent' : 'text',
    text,
    words: words.map((word) => ({
      text: word.text,
      startMs: segment.startMs + word.startMs,
      endMs: segment.startMs + word.endMs,
      ...(word.speaker === undefined ? {} : { speaker: word.speaker }),
    })),
    provider: deps.speechToText.provider,
    startMs: segment.startMs,
    endMs: segment.endMs,
    speechMs: segment.speechMs,
    place: {
      partition: { source: manifest.source, device: file.device, locked: manifest.locked ?? false },
      seed: manifest.target
        ? seedBeside(manifest.target, segment)
        : seedOf(segment.segmentId, segment.startMs),
      ...(manifest.target ? { target: manifest.target } : {}),
    },
    acceptedAt: manifest.acceptedAt,
    landedAt: deps.clock.now(),
    ...(heard?.language === undefined ? {} : { language: heard.language }),
  }
}

/** A segment with an explicit target lives in its target's day document. */
function seedBeside(target: ConversationId, segment: Segment): ConversationId {
  return conversationIdSchema.parse(`${dayOfConversation(target)}-${segment.segmentId}`)
}
