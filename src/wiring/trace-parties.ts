import { DECODED_RATE_HZ, SECOND_MS, traceparentOf } from '../kernel/index.ts'
import type {
  Clock,
  ConversationStore,
  FileDecoder,
  ObjectBody,
  ObjectStore,
  SpeechToText,
  TaskQueue,
  VoiceDetector,
} from '../ports/index.ts'
import type { Counters, Tracer } from '../telemetry/index.ts'

/** A task carries the trace of whoever asked for it, so that its delivery goes on with it. */
export function carryTrace<Payload>(queue: TaskQueue<Payload>, tracer: Tracer): TaskQueue<Payload> {
  return {
    find: (lane, name, signal) => queue.find(lane, name, signal),
    create: (task, signal) =>
      tracer.span(
        'enqueue',
        { lane: task.lane },
        async (note) => {
          const traceparent = traceparentOf(tracer.current())
          const carried = traceparent && { headers: { ...task.headers, traceparent } }
          const created = await queue.create({ ...task, ...carried }, signal)
          note({ outcome: created.kind })
          return created
        },
        'producer',
      ),
  }
}

/** What each party does becomes a span of its own, and speech is measured; as they are when nothing is sent. */
export function traceParties(
  { tracer, counters, exporting }: TracedBy,
  clock: Clock,
): ReturnType<typeof wrappers> {
  return exporting.isOn ? wrappers(tracer, counters, clock) : UNTRACED
}

interface TracedBy {
  readonly tracer: Tracer
  readonly counters: Counters
  readonly exporting: { readonly isOn: boolean }
}

function wrappers(tracer: Tracer, counters: Counters, clock: Clock) {
  return {
    decoder: <T extends FileDecoder>(decoder: T): T => ({
      ...decoder,
      decode: (...[body, format, options]: Parameters<FileDecoder['decode']>) =>
        tracer.span('decode', {}, () => decoder.decode(body, format, options)),
    }),
    detector: <T extends VoiceDetector>(detector: T): T => ({
      ...detector,
      detect: (...[pcm, signal]: Parameters<VoiceDetector['detect']>) =>
        tracer.span('detect speech', { audioSeconds: secondsOf(pcm) }, () =>
          detector.detect(pcm, signal),
        ),
    }),
    conversations: (store: ConversationStore): ConversationStore => ({
      ...store,
      land: (...given) => tracer.span('land', {}, () => store.land(...given)),
    }),
    objects: (objects: ObjectStore): ObjectStore => ({
      ...objects,
      create: (name, body, options) =>
        tracer.span('object.create', ofObject(name, sizeOf(body)), () =>
          objects.create(name, body, options),
        ),
      createFromStream: (name, source, options) =>
        tracer.span('object.create', ofObject(name), () =>
          objects.createFromStream(name, source, options),
        ),
      replace: (name, bytes, options) =>
        tracer.span('object.replace', ofObject(name, bytes.byteLength), () =>
          objects.replace(name, bytes, options),
        ),
    }),
    speech: (speech: SpeechToText): SpeechToText => ({
      ...speech,
      transcribe: (request) => {
        const facts = { provider: speech.provider, audioSeconds: secondsOf(request.pcm) }
        const measure = startMeasure(counters, clock, facts)
        const work = () => speech.transcribe(request).then(measure.heard, measure.failed)
        return tracer.span('transcribe', facts, work, 'client')
      },
    }),
  }
}

const UNTRACED: ReturnType<typeof wrappers> = {
  decoder: (decoder) => decoder,
  detector: (detector) => detector,
  conversations: (store) => store,
  objects: (objects) => objects,
  speech: (speech) => speech,
}

/** One call: how much was sent to be heard, and how long it took, by provider and outcome. */
function startMeasure(
  counters: Counters,
  clock: Clock,
  { provider, audioSeconds }: { readonly provider: string; readonly audioSeconds: number },
) {
  const startedMs = clock.monotonicMs()
  const end = (outcome: 'heard' | 'failed') => {
    // The model is left out: a label is a word of a closed set.
    const labels = { provider: provider.replace(/:[^:]*$/, '').replaceAll(':', '_'), outcome }
    counters.add('speech_seconds', labels, audioSeconds)
    const tookSeconds = (clock.monotonicMs() - startedMs) / SECOND_MS
    counters.observe('transcription_seconds', tookSeconds, labels)
  }
  return {
    heard: <T>(value: T): T => {
      end('heard')
      return value
    },
    failed: (error: unknown): never => {
      end('failed')
      throw error
    },
  }
}

function secondsOf(pcm: Int16Array): number {
  return pcm.length / DECODED_RATE_HZ
}

function sizeOf(body: ObjectBody): number {
  if (body instanceof Uint8Array) return body.byteLength
  return body.reduce((bytes, part) => bytes + part.byteLength, 0)
}

function ofObject(name: string, bytes?: number) {
  return { objects: name.split('/', 1)[0], bytes }
}
