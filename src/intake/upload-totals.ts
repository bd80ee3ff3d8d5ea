import { createHash } from 'node:crypto'
import { type AudioFormat, createFrameCounter, decodedSize } from '../kernel/index.ts'
import type { ChecksumFactory } from '../ports/index.ts'
import { UploadRefusedError } from './refusal.ts'

/** What one request may carry, all its files together. */
export interface UploadLimits {
  readonly maxFiles: number
  readonly maxBytes: number
  readonly maxDecodedBytes: number
  readonly maxDecodedMs: number
  readonly maxFrames: number
}

/** What the inspection of one file's body found. */
export interface BodyFacts {
  readonly sizeBytes: number
  readonly sha256: string
  readonly crc32c: string
}

/** Looks at one file's bytes as they pass. @throws UploadRefusedError `upload_too_large` */
export interface BodyInspection {
  push(chunk: Uint8Array): void
  end(): BodyFacts
}

/** Counts over the files of one upload, so that no limit is passed by splitting. */
export interface UploadTotals {
  inspect(format: AudioFormat): BodyInspection
}

export function createUploadTotals(limits: UploadLimits, checksum: ChecksumFactory): UploadTotals {
  const finished = { bytes: 0, decodedBytes: 0, decodedMs: 0, frames: 0 }

  return {
    inspect: (format) => {
      const sha256 = createHash('sha256')
      const crc32c = checksum()
      const counter = createFrameCounter()
      let sizeBytes = 0
      const sofar = () => {
        const decoded = decodedSize(format, counter.counts)
        return {
          bytes: finished.bytes + sizeBytes,
          decodedBytes: finished.decodedBytes + decoded.bytes,
          decodedMs: finished.decodedMs + decoded.ms,
          frames: finished.frames + counter.counts.frames,
        }
      }
      return {
        push: (chunk) => {
          sizeBytes += chunk.byteLength
          sha256.update(chunk)
          crc32c.update(chunk)
          counter.push(chunk)
          check(sofar(), limits)
        },
        end: () => {
          counter.end()
          Object.assign(finished, sofar())
          return { sizeBytes, sha256: sha256.digest('hex'), crc32c: crc32c.digest() }
        },
      }
    },
  }
}

function check(
  seen: { bytes: number; decodedBytes: number; decodedMs: number; frames: number },
  limits: UploadLimits,
): void {
  refuseAbove('bytes', seen.bytes, limits.maxBytes)
  refuseAbove('bytes of decoded audio', seen.decodedBytes, limits.maxDecodedBytes)
  refuseAbove('milliseconds of audio', seen.decodedMs, limits.maxDecodedMs)
  refuseAbove('frames', seen.frames, limits.maxFrames)
}

function refuseAbove(unit: string, seen: number, limit: number): void {
  if (seen > limit) {
    throw new UploadRefusedError(`the upload holds more than ${limit} ${unit}`, {
      code: 'upload_too_large',
    })
  }
}
