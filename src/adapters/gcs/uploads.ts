import { once } from 'node:events'
import type { Writable } from 'node:stream'
import type { File } from '@google-cloud/storage'
import type { ObjectBody, RunningChecksum } from '../../ports/index.ts'
import { abortable, bounded } from './bounded.ts'
import type { Effort } from './retries.ts'

export interface UploadFacts {
  readonly contentType: string
  readonly crc32c?: string | undefined
  /** 0: no live object. Always sent: without it nothing may be tried again. */
  readonly ifGeneration: string
}

/**
 * What we send, and that the client shall not check it: on a mismatch it deletes the object without
 * naming a generation, which may be the winner's.
 */
function requestOf({ contentType, crc32c, ifGeneration }: UploadFacts) {
  return {
    preconditionOpts: { ifGenerationMatch: ifGeneration },
    validation: false,
    metadata: { contentType, ...(crc32c === undefined ? {} : { crc32c }) },
  }
}

/** One request with all of it. @returns the new generation */
export async function uploadWhole(
  file: File,
  body: ObjectBody,
  facts: UploadFacts,
): Promise<string> {
  await file.save(body, { ...requestOf(facts), resumable: false })
  return generationOf(file)
}

/** What the source of an upload failed with; not the store's doing. */
export class SourceError extends Error {
  override name = 'SourceError'
}

export interface StreamLimits {
  /** For the store to take what it was handed; the source may take its time. */
  readonly idleMs: number
  /** For its answer after the last byte. */
  readonly answerMs: number
  readonly signal: AbortSignal | undefined
}

/**
 * Hands the source to a resumable upload. However it fails, the session's requests are cut before its
 * last byte was announced, so that no half of an object comes to exist.
 * @throws SourceError with the source's error as its cause
 */
export async function uploadStream(
  effort: Effort,
  file: File,
  source: AsyncIterable<Uint8Array>,
  facts: UploadFacts,
  limits: StreamLimits,
): Promise<{ readonly generation: string; readonly isIntact: boolean }> {
  const over = new AbortController()
  const onAbort = () => over.abort(limits.signal?.reason)
  limits.signal?.addEventListener('abort', onAbort, { once: true })
  const sum = effort.checksum()
  const upload = effort.scopes.run(over.signal, () =>
    file.createWriteStream({ ...requestOf(facts), resumable: true }),
  )
  upload.on('error', (error) => over.abort(error))
  try {
    const deed = () => pump(effort, upload, { source, sum }, { ...limits, signal: over.signal })
    await effort.scopes.run(over.signal, deed)
    return { generation: generationOf(file), isIntact: file.metadata.crc32c === sum.digest() }
  } finally {
    limits.signal?.removeEventListener('abort', onAbort)
    over.abort()
    upload.destroy()
  }
}

async function pump(
  { clock }: Effort,
  upload: Writable,
  { source, sum }: { source: AsyncIterable<Uint8Array>; sum: RunningChecksum },
  limits: StreamLimits,
): Promise<void> {
  const { idleMs, answerMs, signal } = limits
  const chunks = source[Symbol.asyncIterator]()
  const next = () => chunks.next().catch(sourceFailed)
  try {
    for (let step = await abortable(signal, next()); !step.done; ) {
      sum.update(step.value)
      if (!upload.write(step.value)) {
        await bounded(clock, { ms: idleMs, signal }, () => once(upload, 'drain'))
      }
      step = await abortable(signal, next())
    }
  } finally {
    // Not waited for: a source that waits for its next byte ends when its owner lets go of it.
    chunks.return?.().catch(() => undefined)
  }
  await bounded(clock, { ms: answerMs, signal }, () => {
    upload.end()
    return once(upload, 'finish')
  })
}

function sourceFailed(cause: unknown): never {
  throw new SourceError('the source of an upload failed', { cause })
}

function generationOf(file: File): string {
  const { generation } = file.metadata
  if (generation === undefined) throw new Error('the store named no generation')
  return String(generation)
}
