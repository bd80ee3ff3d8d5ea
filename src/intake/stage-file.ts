import type { ObjectStore } from '../ports/index.ts'
import type { MemoryBudget } from './memory-budget.ts'
import { UploadRefusedError } from './refusal.ts'
import type { BodyFacts, BodyInspection } from './upload-totals.ts'

export interface StageDeps {
  readonly objects: ObjectStore
  readonly budget: MemoryBudget
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
  const held: Uint8Array[] = []
  let heldBytes = 0
  let overflow: Uint8Array | undefined
  try {
    for (let next = await source.next(); !next.done; next = await source.next()) {
      const chunk = next.value
      inspection.push(chunk)
      const fits = heldBytes + chunk.byteLength <= deps.bufferedFileMaxBytes
      if (!fits || !deps.budget.tryTake(chunk.byteLength)) {
        overflow = chunk
        break
      }
      held.push(chunk)
      heldBytes += chunk.byteLength
    }
    if (overflow)
      return await streamThrough(deps, { held, overflow, source }, objectName, inspection, signal)
    const facts = inspection.end()
    await createHeld(deps, held, objectName, facts, signal)
    return facts
  } finally {
    deps.budget.give(heldBytes)
    await source.return?.()
  }
}

async function createHeld(
  deps: StageDeps,
  held: readonly Uint8Array[],
  objectName: string,
  facts: BodyFacts,
  signal: AbortSignal,
): Promise<void> {
  const result = await deps.objects.create(objectName, Buffer.concat(held), {
    contentType: CONTENT_TYPE,
    crc32c: facts.crc32c,
    signal,
  })
  if (result === 'exists') await believeOnlyIfEqual(deps, objectName, facts, signal)
}

async function streamThrough(
  deps: StageDeps,
  parts: {
    readonly held: readonly Uint8Array[]
    readonly overflow: Uint8Array
    readonly source: AsyncIterator<Uint8Array>
  },
  objectName: string,
  inspection: BodyInspection,
  signal: AbortSignal,
): Promise<BodyFacts> {
  async function* whole() {
    yield* parts.held
    yield parts.overflow
    for (let next = await parts.source.next(); !next.done; next = await parts.source.next()) {
      inspection.push(next.value)
      yield next.value
    }
  }
  await deps.objects.createFromStream(objectName, whole(), { contentType: CONTENT_TYPE, signal })
  const facts = inspection.end()
  await believeOnlyIfEqual(deps, objectName, facts, signal)
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
