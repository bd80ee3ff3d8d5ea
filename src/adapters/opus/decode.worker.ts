import { access } from 'node:fs/promises'
import { getPriority, setPriority } from 'node:os'
import { isMainThread, type MessagePort } from 'node:worker_threads'
import { type AudioFormat, createFrameReader } from '../../kernel/index.ts'
import {
  type DecodeReply,
  type DecodeRequest,
  type FromThread,
  inbox,
  PULL,
  type ToThread,
} from './decode-messages.ts'
import { type FrameDecoder, isGarbage, isOverLimit } from './frame-decoder.ts'
import { createOpusFrames } from './opus-frames.ts'
import { createPcmFrames } from './pcm-frames.ts'

/** Pulls ahead of the batch in work, so that the thread never waits for a body that is there. */
const PULLS_AHEAD = 2

/** Of Unix's 40 steps from first to last; ten are a tenth of the event loop's share where both want a core. */
const STEPS_BEHIND = 10
const LAST_PRIORITY = 19

/** One file: pulls its body over the port, decodes, replies, closes. */
export async function decodeFile(port: MessagePort): Promise<void> {
  const messages = inbox<ToThread>(port)
  try {
    const { value: request } = await messages.next()
    if (!isRequest(request)) return
    await stepBehindTheLoop()
    const frames = await openFrames(request.format)
    try {
      const reply = await decodeAll(frames, request, port, messages)
      if (reply !== undefined) say(port, reply, reply.kind === 'decoded' ? [reply.pcm.buffer] : [])
    } finally {
      frames.free()
    }
  } finally {
    port.close()
  }
}

/**
 * Linux gives every thread a priority of its own: what answers on these cores goes before what decodes.
 * Node's pool for files is everybody's and takes after the thread that wakes it: it wakes before.
 */
async function stepBehindTheLoop(): Promise<void> {
  if (isMainThread || process.platform !== 'linux') return
  await access('/')
  setPriority(Math.min(LAST_PRIORITY, getPriority(process.pid) + STEPS_BEHIND))
}

function isRequest(message: ToThread | undefined): message is DecodeRequest {
  return message !== undefined && message !== null && 'format' in message
}

function openFrames(format: AudioFormat): Promise<FrameDecoder> | FrameDecoder {
  return format.codec === 'opus'
    ? createOpusFrames(format.frameSize)
    : createPcmFrames(format.codec, format.sampleRate)
}

/** Undefined when the port closed: nobody waits for an answer. */
async function decodeAll(
  frames: FrameDecoder,
  { maxDecodedBytes }: DecodeRequest,
  port: MessagePort,
  messages: AsyncIterable<ToThread>,
): Promise<DecodeReply | undefined> {
  const reader = createFrameReader()
  for (let pulls = 0; pulls < PULLS_AHEAD; pulls += 1) say(port, PULL)
  for await (const batch of messages) {
    if (!(batch instanceof Uint8Array)) return finish(frames)
    for (const frame of reader.push(batch)) {
      frames.decode(frame)
      if (isOverLimit(frames, maxDecodedBytes)) return { kind: 'too_long' }
      if (isGarbage(frames)) return finish(frames)
    }
    if (reader.counts.stopped !== undefined) return finish(frames)
    say(port, PULL)
  }
  return undefined
}

function finish(frames: FrameDecoder): DecodeReply {
  const { decoded, skipped } = frames
  return { kind: 'decoded', pcm: frames.finish(), frames: decoded, skippedFrames: skipped }
}

function say(port: MessagePort, message: FromThread, transfer: ArrayBuffer[] = []): void {
  port.postMessage(message, transfer)
}
