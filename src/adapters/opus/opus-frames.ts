import { DECODED_RATE_HZ } from '../../kernel/index.ts'
import type { FrameDecoder } from './frame-decoder.ts'
import { createSampleBuffer } from './sample-buffer.ts'

/** The library's input buffer for one channel; a longer packet makes it throw. */
const MAX_PACKET_BYTES = 3_840

/**
 * Opus at 16 kHz mono. Most damage is silent in libopus: it decodes noise to some other length, so a
 * packet that does not give the named frame size is no audio of this file and is skipped.
 */
export async function createOpusFrames(frameSize: number): Promise<FrameDecoder> {
  silenceConsole()
  const { OpusDecoder } = await import('opus-decoder')
  const opus = new OpusDecoder({ sampleRate: DECODED_RATE_HZ, channels: 1 })
  await opus.ready
  const buffer = createSampleBuffer()
  let decoded = 0
  let skipped = 0

  /** Undefined for a packet that is no audio. Never empty packets: libopus invents 120 ms for one. */
  function decodePacket(packet: Uint8Array): Float32Array | undefined {
    if (packet.length === 0 || packet.length > MAX_PACKET_BYTES) return undefined
    const { channelData, samplesDecoded } = opus.decodeFrame(packet)
    return samplesDecoded === frameSize ? channelData[0] : undefined
  }

  return {
    decode(frame) {
      const audio = decodePacket(frame)
      if (audio === undefined) {
        skipped += 1
        return
      }
      decoded += 1
      toInt16(audio, buffer.extend(audio.length))
    },
    get decoded() {
      return decoded
    },
    get skipped() {
      return skipped
    },
    get samples() {
      return buffer.length
    },
    finish: () => buffer.take(),
    free: () => opus.free(),
  }
}

/** To the nearest, halves upwards. Whole numbers early: the same in floats costs a tenth of the decoding. */
function toInt16(audio: Float32Array, into: Int16Array): void {
  for (let i = 0; i < audio.length; i += 1) {
    const sample = Math.floor((audio[i] ?? 0) * 32_768 + 0.5) | 0
    into[i] = Math.max(-32_768, Math.min(32_767, sample))
  }
}

/** The library prints a line for every bad packet, from a thread that has nothing else to say. */
function silenceConsole(): void {
  Object.assign(globalThis.console, { error: () => undefined })
}
