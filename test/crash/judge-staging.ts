import type { JobId } from '../../src/kernel/index.ts'

/** What matters of the durable objects here. */
export interface Staging {
  readonly staged: readonly string[]
  readonly manifests: readonly {
    readonly jobId: JobId
    readonly files: readonly { readonly object: string }[]
  }[]
  readonly outcomes: readonly { readonly jobId: JobId }[]
}

/**
 * What is wrong with the staged audio at a moment when nobody works (I1, I11): while a job has no
 * durable outcome, its manifest stands, and every blob that the manifest names.
 */
export function judgeStaging(truth: Staging, accepted: JobId | undefined): string[] {
  const hasOutcome = (jobId: JobId) => truth.outcomes.some((outcome) => outcome.jobId === jobId)
  const faults: string[] = []
  for (const { jobId, files } of truth.manifests) {
    if (hasOutcome(jobId)) continue
    const missing = files.filter((file) => !truth.staged.includes(file.object))
    if (missing.length > 0) faults.push('I11: a blob is gone before its outcome is durable')
  }
  if (accepted && !hasOutcome(accepted) && !truth.manifests.some((m) => m.jobId === accepted)) {
    faults.push('I1: an accepted job has neither manifest nor outcome')
  }
  return faults
}

/**
 * What is left under `staging/` when the job owes nothing. The only thing that may be is an upload
 * whose request died with its process: the client's retry became a job of its own.
 */
export function judgeOrphans(
  truth: Staging,
  upload: { readonly jobId: JobId; readonly wasCut: boolean },
): { readonly faults: readonly string[]; readonly orphans: string | undefined } {
  if (truth.staged.length === 0) return { faults: [], orphans: undefined }
  const own = truth.staged.filter((name) => name.includes(`/${upload.jobId}/`))
  if (own.length > 0 || !upload.wasCut) {
    return { faults: [`I11: left behind: ${truth.staged.join(', ')}`], orphans: undefined }
  }
  const kinds = truth.manifests.length > 0 ? 'manifest and blobs' : 'blobs'
  return { faults: [], orphans: `${kinds} of the cut upload, swept later` }
}
