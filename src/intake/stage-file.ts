import type { ObjectStore } from '../ports/index.ts'
import { type HeldFile, holdFile } from './hold-file.ts'
import { UploadRefusedError } from './refusal.ts'
import type { UploadMemory } from './upload-memory.ts'
import type { BodyFacts, BodyInspection } from './upload-totals.ts'

export interface StageDeps {
  readonly objects: ObjectStore
  readonly memory: UploadMemory
  /** A file up to this size is held in memory, so that its write can be repeated unseen. */
  readonly bufferedFileMaxBytes: number
}

const CONTENT_TYPE = 'application/octet-stream'

/**
 * Writes one file's bytes to its own new object. Small files are held and written with their
 * checksum, retries unseen by the client; larger ones, or any when memory is short, stream through.
 * @throws UploadRefusedError when a limit is passed or the store proves nothing
 */
export async function stageFile(
  deps: StageDeps,
  body: AsyncIterable<Uint8Array>,
  objectName: string,
  inspection: BodyInspection,
  signal: AbortSignal,
): Promise<BodyFacts> {
  const source = body[Symbol.asyncIterator]()
  const held = holdFile(deps.memory, deps.bufferedFileMaxBytes)
  try {
    for (let next = await source.next(); !next.done; next = await source.next()) {
      inspection.push(next.value)
      const rest = held.keep(next.value)
      if (rest) {
        return await streamThrough(deps, { held, rest, source }, objectName, inspection, signal)
      }
    }
    return await createHeld(deps, held, objectName, inspection.end(), signal)
  } finally {
    held.abandon()
    await source.return?.()
  }
}

async function createHeld(
  deps: StageDeps,
  held: HeldFile,
  objectName: string,
  facts: BodyFacts,
  signal: AbortSignal,
): Promise<BodyFacts> {
  const result = await deps.objects.create(objectName, held.parts(), {
    contentType: CONTENT_TYPE,
    crc32c: facts.crc32c,
    signal,
  })
  if (result === 'exists') await believeOnlyIfEqual(deps, objectName, facts, signal)
  // Not after `exists`: that answer may come while the body is still being sent.
  else held.giveBack()
  return facts
}

async function streamThrough(
  deps: StageDeps,
  parts: {
    readonly held: HeldFile
    readonly rest: Uint8Array
    readonly source: AsyncIterator<Uint8Array>
  },
  objectName: string,
  inspection: BodyInspection,
  signal: AbortSignal,
): Promise<BodyFacts> {
  async function* whole() {
    yield* parts.held.parts()
    yield parts.rest
    for (let next = await parts.source.next(); !next.done; next = await parts.source.next()) {
      inspection.push(next.value)
      yield next.value
    }
  }
  await deps.objects.createFromStream(objectName, whole(), { contentType: CONTENT_TYPE, signal })
  const facts = inspection.end()
  await believeOnlyIfEqual(deps, objectName, facts, signal)
  parts.held.giveBack()
  return facts
}

/** What the store holds is ours only if size and checksum say so. */
async function believeOnlyIfEqual(
  deps: StageDeps,
  objectName: string,
  facts: BodyFacts,
  signal: AbortSignal,
): Promise<void> {
  const stored = await deps.objects.stat(objectName, signal)
  if (stored?.sizeBytes !== facts.sizeBytes || stored.crc32c !== facts.crc32c) {
    throw new UploadRefusedError('the staged file does not match what was received', {
      code: 'staging_unavailable',
    })
  }
}
