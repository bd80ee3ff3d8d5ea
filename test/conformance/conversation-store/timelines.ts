import { createHash } from 'node:crypto'
import {
  type ConversationId,
  fileIdSchema,
  objectNames,
  SECOND_MS,
  seedOf,
  segmentIdSchema,
  type TimelineMember,
  type Transcript,
  type UidHash,
  uidHashSchema,
} from '../../../src/kernel/index.ts'
import type { ObjectStore } from '../../../src/ports/index.ts'

export const NOON = Date.UTC(2026, 4, 20, 12)
export const MIDNIGHT = Date.UTC(2026, 4, 21)

let users = 0
export function newUser(): UidHash {
  users += 1
  return uidHashSchema.parse(sha(`user ${users} of ${process.pid} at ${Date.now()}`).slice(0, 32))
}

/** Ten seconds of speech, landed in the order of their making unless said otherwise. */
let made = 0
export function speech(startMs: number, shape: Partial<TimelineMember> = {}): TimelineMember {
  made += 1
  const segmentId = segmentIdSchema.parse(sha(`segment ${made}`).slice(0, 40))
  return {
    segmentId,
    startMs,
    endMs: startMs + 10 * SECOND_MS,
    landedAt: made,
    acceptedAt: made,
    seed: seedOf(segmentId, startMs),
    partition: { source: 'omi', device: 'pendant', locked: false },
    ...shape,
  }
}

export function transcriptOf(member: TimelineMember, text: string): Transcript {
  const { segmentId, startMs, endMs, landedAt, partition, seed, target } = member
  return {
    schemaVersion: 1,
    segmentId,
    fileId: fileIdSchema.parse('a'.repeat(40)),
    verdict: 'text',
    text,
    words: [],
    provider: 'test',
    startMs,
    endMs,
    speechMs: endMs - startMs,
    place: { partition, seed, ...(target ? { target } : {}) },
    acceptedAt: landedAt,
    landedAt,
  }
}

export async function keepTranscript(
  objects: ObjectStore,
  user: UidHash,
  transcript: Transcript,
): Promise<void> {
  const name = objectNames.transcript(user, transcript.segmentId)
  const bytes = Buffer.from(JSON.stringify(transcript))
  await objects.create(name, bytes, { contentType: 'application/json' })
}

export function idAt(members: readonly TimelineMember[], index: number): ConversationId {
  const seed = members[index]?.seed
  if (seed === undefined) throw new Error(`no member ${index}`)
  return seed
}

function sha(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
