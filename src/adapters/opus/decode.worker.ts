import type { MessagePort } from 'node:worker_threads'
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

/** One file: pulls its body over the port, decodes, replies, closes. */
export async function decodeFile(port: MessagePort): Promise<void> {
  const messages = inbox<ToThread>(port)
  try {
    const { value: request } = await messages.next()
    if (!isRequest(request)) return
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
