import type { Archive } from '../../../src/durable/index.ts'
import {
  isTerminal,
  type JobId,
  objectNames,
  type SegmentId,
  type StatusView,
} from '../../../src/kernel/index.ts'
import type { Clock, ConversationStore, JobStore } from '../../../src/ports/index.ts'
import { findStatus } from '../../../src/status/index.ts'
import { type EvidenceLimits, missingEvidence } from './evidence.ts'
import type { Ledger } from './ledger.ts'
import type { LawContent } from './sounds.ts'

/** What clients see of their jobs, and whether it is true. */
export interface Client {
  /** Asks for every job's status from now on; the job's content is what the client sent. */
  wasTold(jobId: JobId, content: LawContent): void
  poll(jobId: JobId): Promise<void>
  /** Has seen this content fail, and may upload it again. */
  failuresOf(content: LawContent): ReadonlySet<JobId>
  hasEnd(jobId: JobId): boolean
}

interface SeenEnd {
  readonly text: string
  readonly status: StatusView['status']
  /** Polls that began later must see the same. */
  readonly atPoll: number
}

export interface ClientDeps {
  readonly ledger: Ledger
  readonly store: Pick<JobStore, 'view'>
  readonly clock: Pick<Clock, 'now'>
  readonly archive: Archive
  readonly conversations: ConversationStore
  readonly limits: EvidenceLimits
}

export function createClient(deps: ClientDeps): Client {
  const { ledger, store, archive, clock } = deps
  const { uidHash, violations } = ledger
  const told = new Map<JobId, LawContent>()
  const ends = new Map<JobId, SeenEnd>()
  let polls = 0

  const see = async (jobId: JobId, view: StatusView, atPoll: number) => {
    const content = told.get(jobId)
    const end = ends.get(jobId)
    const { status, segments, outcome } = view
    const text = JSON.stringify({ status, segments, outcome })
    // Present limit: a record that is rebuilt while its job's end becomes durable is seen as live
    // until the one who rebuilt it, or the next attempt, has looked for that end.
    const isReturned = ledger.returned.has(jobId) && !isTerminal(status)
    if (end && atPoll > end.atPoll && end.text !== text && !isReturned) {
      violations.push(`I2: ${jobId} was shown as ${end.text} and later as ${text}`)
    }
    if (segments.successful + segments.silent + segments.failed > segments.total) {
      violations.push(`I6: ${jobId} is ${status} with counts ${JSON.stringify(segments)}`)
    }
    if (end || !content || !isTerminal(status)) return
    polls += 1
    ends.set(jobId, { text, status, atPoll: polls })
    await checkEnd(deps, jobId, content, view)
  }

  return {
    wasTold: (jobId, content) => {
      ledger.accepted.add(jobId)
      told.set(jobId, content)
    },
    hasEnd: (jobId) => ends.has(jobId),
    failuresOf: (content) =>
      new Set(
        [...ends]
          .filter(([jobId, { status }]) => told.get(jobId) === content && status !== 'completed')
          .map(([jobId]) => jobId),
      ),
    poll: async (jobId) => {
      if (!told.has(jobId)) return
      polls += 1
      const atPoll = polls
      const found = await findStatus({ store, archive, clock, clockSkewMs: 3_000 }, uidHash, jobId)
      if (found.kind === 'found') return see(jobId, found.view, atPoll)
      if (ledger.expired.has(jobId)) return
      violations.push(`I1: a poll of ${jobId}, which was accepted, is answered ${found.kind}`)
    },
  }
}

/** Whether an end is durable, counts what is there, and is true. */
async function checkEnd(
  deps: ClientDeps,
  jobId: JobId,
  content: LawContent,
  view: StatusView,
): Promise<void> {
  const { ledger, archive, limits } = deps
  const { uidHash, violations } = ledger
  const { outcome, segments } = view
  if (!ledger.names.has(objectNames.outcome(uidHash, jobId))) {
    violations.push(`I1: ${jobId} is shown as ${view.status}, and no outcome is durable`)
  }
  if (!outcome) {
    violations.push(`I6: ${jobId} is ${view.status} without a result`)
    return
  }
  const own = await archive.readOutcome(uidHash, jobId)
  if (own && 'outcome' in own && JSON.stringify(own.outcome) !== JSON.stringify(outcome)) {
    violations.push(`I2: ${jobId} is shown with another end than the durable one`)
  }
  if (segments.successful + segments.silent + segments.failed !== segments.total) {
    violations.push(`I6: the counts of ${jobId} do not add up: ${JSON.stringify(segments)}`)
  }
  const landed = await landedOf(deps, content.segmentIds)
  if (segments.successful + segments.silent > landed.size) {
    violations.push(`I6: ${jobId} counts ${JSON.stringify(segments)}, and ${landed.size} landed`)
  }
  if (view.status === 'completed') {
    if (landed.size !== content.segmentIds.size || segments.total !== landed.size) {
      violations.push(`I6: ${jobId} is completed, ${landed.size} of its segments landed`)
    }
    for (const file of content.files.filter((each) => !each.readable)) {
      if (outcome.errors.some((error) => error.startsWith(file.name))) continue
      violations.push(`I6: ${jobId} is completed and does not list ${file.name}`)
    }
    return
  }
  if (!own || 'sameAs' in own) return
  const missing = missingEvidence(ledger, jobId, content, outcome, limits)
  if (missing) violations.push(`I8: ${jobId} is ${view.status} for no reason: ${missing}`)
}

/** Segments that were judged silent, or have their text in exactly one conversation. */
async function landedOf(
  deps: ClientDeps,
  segmentIds: ReadonlySet<SegmentId>,
): Promise<ReadonlySet<SegmentId>> {
  const { archive, conversations, ledger } = deps
  const outlines = await conversations.list(ledger.uidHash, { limit: 1_000 })
  const members = outlines.flatMap((outline) => outline.members.map((m) => m.segmentId))
  const landed = new Set<SegmentId>()
  for (const id of segmentIds) {
    const transcript = await archive.readTranscript(ledger.uidHash, id)
    const times = members.filter((member) => member === id).length
    if (times > 1) ledger.violations.push(`I4: ${id} is ${times} times on the timeline`)
    if (transcript && (transcript.verdict !== 'text' || times === 1)) landed.add(id)
  }
  return landed
}
