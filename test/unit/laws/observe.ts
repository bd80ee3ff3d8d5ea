import { type JobId, jobIdSchema, manifestSchema, objectNames } from '../../../src/kernel/index.ts'
import type {
  Claim,
  JobStore,
  NextGenerationResult,
  ObjectStore,
} from '../../../src/ports/index.ts'
import type { Holders } from './holders.ts'
import { checkDeletion, type Ledger, noteClaim, noteRunOver, noteTranscript } from './ledger.ts'
import type { LawContent } from './sounds.ts'

/** Called when what a client sees of a job may have changed. */
export type OnChange = (jobId: JobId) => void

/** The bucket as one process uses it; every effect is noted as it happens. */
export function observeObjects(
  objects: ObjectStore,
  ledger: Ledger,
  by: { readonly process: number; readonly contents: readonly LawContent[] },
  onChange: OnChange,
): ObjectStore {
  const { process, contents } = by
  const created = (name: string, bytes?: Uint8Array) => {
    if (bytes && name.endsWith('/manifest.json')) {
      const manifest = manifestSchema.parse(JSON.parse(Buffer.from(bytes).toString()))
      const content = contents.find((each) => each.contentId === manifest.contentId)
      if (content) ledger.contents.set(manifest.jobId, content)
    }
    ledger.tick += 1
    ledger.names.add(name)
    if (name.startsWith('transcripts/')) noteTranscript(ledger, name, process)
    noteChange(name, onChange)
  }
  return {
    ...objects,
    create: async (name, body, options) => {
      const answer = await objects.create(name, body, options)
      if (answer === 'created') created(name, body instanceof Uint8Array ? body : undefined)
      return answer
    },
    createFromStream: async (name, source, options) => {
      const answer = await objects.createFromStream(name, source, options)
      if (answer === 'created') created(name)
      return answer
    },
    read: async (name, signal) => {
      if (name.startsWith('transcripts/')) ledger.looks.set(`${process} ${name}`, ledger.tick)
      return objects.read(name, signal)
    },
    delete: async (name, signal) => {
      checkDeletion(ledger, name)
      await objects.delete(name, signal)
      ledger.tick += 1
      ledger.names.delete(name)
      noteChange(name, onChange)
    },
  }
}

/** Ends and manifests answer a poll where the record is gone. */
function noteChange(name: string, onChange: OnChange): void {
  const [, ofJob] =
    /^(?:outcomes|staging)\/[^/]+\/([0-9a-f-]{36})(?:\.json|\/manifest\.json)$/.exec(name) ?? [
      undefined,
      undefined,
    ]
  const jobId = jobIdSchema.safeParse(ofJob)
  if (jobId.success) onChange(jobId.data)
}

/** The job store as one process uses it. */
export function observeStore(
  store: JobStore,
  ledger: Ledger,
  by: { readonly process: number; readonly holders: Holders },
  onChange: OnChange,
): JobStore {
  const { process, holders } = by
  const changed = <Answer>(jobId: JobId, answer: Answer): Answer => {
    ledger.tick += 1
    onChange(jobId)
    return answer
  }
  const granted = (jobId: JobId, claim: Claim) => {
    noteClaim(ledger, jobId, process)
    holders.granted(jobId, claim)
  }
  const gaveBack = (claim: Claim, answer: NextGenerationResult): NextGenerationResult => {
    noteRunOver(ledger, claim.jobId, process)
    if (answer.kind === 'queued') holders.gaveBack(claim, answer.generation)
    return changed(claim.jobId, answer)
  }
  return {
    ...store,
    create: async (job) => {
      const answer = await store.create(job)
      if (answer.kind === 'created') {
        ledger.flushed.delete(job.jobId)
        const outcome = objectNames.outcome(job.uidHash, job.jobId)
        if (ledger.names.has(outcome)) ledger.returned.add(job.jobId)
        if (answer.claim) granted(job.jobId, answer.claim)
      }
      return changed(job.jobId, answer)
    },
    claim: async (request) => {
      const answer = await store.claim(request)
      if (answer.kind === 'claimed') {
        granted(request.jobId, { ...answer.claim, generation: request.generation })
      }
      return changed(request.jobId, answer)
    },
    renew: async (claim) => {
      const answer = await store.renew(claim)
      if (answer === 'ok') holders.renewed(claim)
      return answer
    },
    mark: async (claim, marks, also) => {
      const answer = await store.mark(claim, marks, also)
      if (answer === 'ok') {
        holders.wrote(claim)
        const landed = marks.some((mark) => mark.verdict !== 'failed')
        if (landed) ledger.claimsSinceLanding.set(claim.jobId, 0)
      }
      return changed(claim.jobId, answer)
    },
    requeue: async (claim, why) => {
      const answer = await store.requeue(claim, why)
      noteRunOver(ledger, claim.jobId, process)
      if (answer === 'ok') holders.gaveBack(claim, 0)
      return changed(claim.jobId, answer)
    },
    snooze: async (claim, why) => gaveBack(claim, await store.snooze(claim, why)),
    keep: async (claim, why) => {
      const answer = await store.keep(claim, why)
      noteRunOver(ledger, claim.jobId, process)
      if (answer.kind === 'kept') {
        holders.wrote(claim)
        noteClaim(ledger, claim.jobId, process)
      }
      return changed(claim.jobId, answer)
    },
    continueNext: async (claim, why) => gaveBack(claim, await store.continueNext(claim, why)),
    beginEnding: async (claim, outcome) => {
      const answer = await store.beginEnding(claim, outcome)
      noteRunOver(ledger, claim.jobId, process)
      if (answer === 'ok') holders.froze(claim.jobId, outcome, claim)
      return changed(claim.jobId, answer)
    },
    ...observeOverrides(store, ledger, holders, changed),
  }
}

function observeOverrides(
  store: JobStore,
  ledger: Ledger,
  holders: Holders,
  changed: <Answer>(jobId: JobId, answer: Answer) => Answer,
): Pick<JobStore, 'finalize' | 'settle' | 'overrideEnding' | 'overrideGeneration'> {
  return {
    finalize: async (jobId, outcome, how) => {
      const answer = await store.finalize(jobId, outcome, how)
      if (answer.kind === 'finalized') {
        holders.ended(jobId)
        ledger.returned.delete(jobId)
      }
      return changed(jobId, answer)
    },
    settle: async (jobId) => changed(jobId, await store.settle(jobId)),
    overrideEnding: async (jobId, seen, outcome) => {
      const answer = await store.overrideEnding(jobId, seen, outcome)
      if (answer.kind === 'done') holders.froze(jobId, outcome)
      return changed(jobId, answer)
    },
    overrideGeneration: async (jobId, seen, options) => {
      const answer = await store.overrideGeneration(jobId, seen, options)
      if (answer.kind === 'done') {
        const { generation } = answer
        holders.moved(jobId, seen, { generation, revival: options.revival })
      }
      return changed(jobId, answer)
    },
  }
}
