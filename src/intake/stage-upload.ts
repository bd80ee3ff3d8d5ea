import {
  type AudioFileName,
  DAY_MS,
  type JobId,
  type Naming,
  objectNames,
  parseAudioFileName,
  type StagedFile,
  type Uid,
  type UidHash,
} from '../kernel/index.ts'
import type { ChecksumFactory, Clock } from '../ports/index.ts'
import { UploadRefusedError } from './refusal.ts'
import { type StageDeps, stageFile } from './stage-file.ts'
import {
  type BodyFacts,
  type BodyInspection,
  createUploadTotals,
  type UploadLimits,
} from './upload-totals.ts'

/** One part of the request, in its order; the body must be read before the next part is asked for. */
export interface UploadPart {
  readonly name: string
  readonly body: AsyncIterable<Uint8Array>
}

export interface StageUploadDeps extends StageDeps {
  readonly clock: Clock
  readonly checksum: ChecksumFactory
  readonly naming: Naming
  readonly limits: UploadLimits
  readonly lookbackMs: number
}

export interface StagedUpload {
  readonly files: readonly StagedFile[]
  readonly source: AudioFileName['source']
}

/**
 * Reads the parts one after the other, each checked by name before a byte of it is staged.
 * @param staged object names as they come to exist, for the clean-up of an upload that fails
 */
export async function stageUpload(
  deps: StageUploadDeps,
  owner: { readonly uid: Uid; readonly uidHash: UidHash; readonly jobId: JobId },
  parts: AsyncIterable<UploadPart>,
  staged: string[],
  signal: AbortSignal,
): Promise<StagedUpload> {
  return readFiles(deps, owner.uid, parts, (part, inspection, index) => {
    const object = objectNames.blob(owner.uidHash, owner.jobId, index)
    staged.push(object)
    return stageFile(deps, part.body, object, inspection, signal).then((facts) => ({
      ...facts,
      object,
    }))
  })
}

/** The same checks and facts with nothing written anywhere. */
export async function readUpload(
  deps: StageUploadDeps,
  uid: Uid,
  parts: AsyncIterable<UploadPart>,
): Promise<StagedUpload> {
  return readFiles(deps, uid, parts, async (part, inspection) => {
    for await (const chunk of part.body) inspection.push(chunk)
    return { ...inspection.end(), object: '' }
  })
}

async function readFiles(
  deps: StageUploadDeps,
  uid: Uid,
  parts: AsyncIterable<UploadPart>,
  keep: (
    part: UploadPart,
    inspection: BodyInspection,
    index: number,
  ) => Promise<BodyFacts & Pick<StagedFile, 'object'>>,
): Promise<StagedUpload> {
  const totals = createUploadTotals(deps.limits, deps.checksum)
  const files: StagedFile[] = []
  const names = new Set<string>()
  let source: AudioFileName['source'] | undefined
  for await (const part of parts) {
    const name = checkName(deps, part.name, names)
    source ??= name.source
    const facts = await keep(part, totals.inspect(name.format), files.length)
    if (facts.sizeBytes === 0) {
      throw new UploadRefusedError(`${name.name} is empty`, { code: 'invalid_upload' })
    }
    const { startMs, device, format } = name
    const fileId = deps.naming.fileId(uid, { sha256: facts.sha256, startMs, ...format })
    files.push({ name: name.name, ...facts, fileId, startMs, device, format })
  }
  if (source === undefined) {
    throw new UploadRefusedError("the form has no file in its field 'files'", {
      code: 'invalid_upload',
    })
  }
  return { files, source }
}

function checkName(deps: StageUploadDeps, raw: string, names: Set<string>): AudioFileName {
  if (names.size >= deps.limits.maxFiles) {
    throw new UploadRefusedError(`the upload holds more than ${deps.limits.maxFiles} files`, {
      code: 'upload_too_large',
    })
  }
  const nowMs = deps.clock.now()
  const name = parseAudioFileName(raw, nowMs)
  if ('refused' in name) {
    throw new UploadRefusedError(`file name refused: ${name.refused}`, {
      code: 'invalid_file_name',
    })
  }
  if (names.has(raw)) {
    throw new UploadRefusedError('file name refused: it comes twice', { code: 'invalid_file_name' })
  }
  names.add(raw)
  if (name.startMs < nowMs - deps.lookbackMs) {
    throw new UploadRefusedError(`recorded more than ${deps.lookbackMs / DAY_MS} days ago`, {
      code: 'backfill_lookback_exceeded',
    })
  }
  return name
}
