import { isDeepStrictEqual } from 'node:util'
import { type JobId, memberOf, objectNames } from '../../../src/kernel/index.ts'
import { comeToRest } from './come-to-rest.ts'
import { createFleet, type Fleet } from './fleet.ts'
import { wasSeen } from './ledger.ts'
import { openStage, play } from './play.ts'
import type { Story } from './steps.ts'

export interface StoryFigures {
  readonly steps: number
  /** Calls that processes made of the world: where a story's troubles fall. */
  readonly calls: number
  readonly accepted: number
  /** Simulated time from the last fault until everything had ended. */
  readonly restMs: number
}

/**
 * Tells a story to its end: every step, then rest without faults. I1 to I12 hold at every step and
 * after it. @throws with the law that was broken, and after which step
 */
export async function tell(story: Story): Promise<StoryFigures> {
  const fleet = createFleet(story.config)
  const stage = openStage(fleet)
  for (const [index, step] of story.steps.entries()) {
    await play(stage, step)
    await checkStanding(fleet)
    throwBroken(fleet, `after step ${index + 1}, ${JSON.stringify(step)}`)
  }
  const restMs = await comeToRest(stage)
  throwBroken(fleet, 'while everything came to rest')
  await checkRest(fleet)
  throwBroken(fleet, 'at rest')
  const { calls, ledger } = fleet
  return { steps: story.steps.length, calls, accepted: ledger.accepted.size, restMs }
}

function throwBroken({ ledger }: Fleet, when: string): void {
  if (ledger.violations.length === 0) return
  throw new Error(`${ledger.violations.join('\n')}\n${when}`)
}

/**
 * I1, at any moment: what was accepted and has no durable end still has its bytes, its manifest, and,
 * unless the store was flushed, a due entry that brings it back.
 */
async function checkStanding(fleet: Fleet): Promise<void> {
  const { ledger } = fleet
  const owed = await fleet.owed()
  for (const jobId of ledger.accepted) {
    const { names, uidHash } = ledger
    if (names.has(objectNames.outcome(uidHash, jobId)) || ledger.expired.has(jobId)) continue
    const missing = namesOf(fleet, jobId).filter((name) => !names.has(name))
    if (missing.length > 0) ledger.violations.push(`I1: ${missing.join()} is gone before its end`)
    if (!owed.has(jobId) && !ledger.flushed.has(jobId)) {
      ledger.violations.push(`I1: nothing will ever look at ${jobId} again`)
    }
  }
}

function namesOf({ ledger }: Fleet, jobId: JobId): string[] {
  const { uidHash } = ledger
  const files = ledger.contents.get(jobId)?.files ?? []
  return [
    objectNames.manifest(uidHash, jobId),
    ...files.map((_, index) => objectNames.blob(uidHash, jobId, index)),
  ]
}

/** I4, I11: at the end nothing is staged, each text stands once, and nothing runs any more. */
async function checkRest(fleet: Fleet): Promise<void> {
  const { ledger, clock } = fleet
  const { violations, names } = ledger
  for (const jobId of ledger.accepted) {
    const left = namesOf(fleet, jobId).filter((name) => names.has(name))
    if (left.length > 0) violations.push(`I11: ${left.join()} is left behind`)
  }
  await checkTimeline(fleet)
  // Timers of processes that died run out; a living one has none left.
  await clock.advance(60 * 60 * 1_000)
  if (clock.sleeping > 0) violations.push(`${clock.sleeping} sleeps are left running`)
}

async function checkTimeline(fleet: Fleet): Promise<void> {
  const { ledger, conversations, client } = fleet
  const { uidHash, violations } = ledger
  const outlines = await conversations.list(uidHash, { limit: 1_000 })
  const shown = outlines.flatMap((outline) => outline.members.map((member) => member.segmentId))
  const texts: string[] = []
  for (const outline of outlines) {
    const transcripts = await conversations.transcriptsOf(uidHash, outline)
    texts.push(...transcripts.map((transcript) => transcript.text))
    for (const member of outline.members) {
      const { segmentId } = member
      const stored = transcripts.find((each) => each.segmentId === segmentId)
      if (stored && !isDeepStrictEqual(member, memberOf(stored))) {
        violations.push(`I4: ${segmentId} stands elsewhere than its transcript says`)
      }
    }
  }
  if (new Set(shown).size !== shown.length || new Set(texts).size !== texts.length) {
    violations.push(`I4: a segment stands more than once: ${texts.join()}`)
  }
  if (texts.length !== shown.length || texts.includes('')) {
    violations.push(`I6: a segment stands without its text: ${texts.join()}`)
  }
  const ofEnded = [...ledger.accepted]
    .filter((jobId) => client.hasEnd(jobId) && !ledger.expired.has(jobId))
    .flatMap((jobId) => [...(ledger.contents.get(jobId)?.segmentIds ?? [])])
  for (const id of new Set(ofEnded)) {
    const transcript = await fleet.archive.readTranscript(uidHash, id)
    if (transcript?.verdict !== 'text' || shown.includes(id)) continue
    // One that came to be after everybody had looked is found by the re-upload of its failed job.
    if (wasSeen(ledger, objectNames.transcript(uidHash, id))) {
      violations.push(`I4: ${id} was paid for and stands nowhere`)
    }
  }
}
