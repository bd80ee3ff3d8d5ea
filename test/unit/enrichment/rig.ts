import type { MemoryTask } from '../../../src/adapters/memory/task-queue.ts'
import type { EnrichmentTaskPayload, JobId, Summary } from '../../../src/kernel/index.ts'
import { getConversation, listConversations } from '../../../src/status/index.ts'
import { toneName, tones } from '../../support/tones.ts'
import { createWorld, INVOKER, type World, type WorldOptions } from '../../support/world.ts'

export const SUMMARY: Summary = {
  title: 'Two tones',
  overview: 'Somebody plays two tones.',
  category: 'music',
  actionItems: ['Play a third'],
}

const never = new AbortController().signal

/** A world with a second stage; `calls` counts what the provider was asked. */
export function enrichingWorld(options: WorldOptions = {}) {
  const calls: string[] = []
  const world = createWorld({
    ...options,
    summarize: async (request) => {
      calls.push(request.transcripts.map(({ text }) => text).join(' '))
      return options.summarize ? options.summarize(request) : SUMMARY
    },
  })
  return { world, asked: calls }
}

/** A completed job of one conversation: tones 100 and 200, a minute apart. */
export async function endedJob(world: World, agoMs = 3_600_000): Promise<JobId> {
  const start = world.clock.now() - agoMs
  const { jobId } = await world.upload({
    [toneName(start)]: tones([100, 3]),
    [toneName(start + 60_000)]: tones([200, 3]),
  })
  const answer = await world.deliver(jobId)
  if (answer.body.result !== 'done') throw new Error(JSON.stringify(answer.body))
  return jobId
}

/** The one task of the second stage that waits. */
export function summaryTask(world: World): MemoryTask<EnrichmentTaskPayload> {
  const [task, ...more] = world.summaryTasks.live()
  if (!task || more.length > 0) throw new Error(`${more.length} tasks too many, or none`)
  return task
}

/** Delivers a task of the second stage as the queue would, and tells the queue the answer. */
export async function deliverSummary(
  world: World,
  how: {
    readonly body?: string
    readonly retryCount?: number
    readonly authorization?: string
    readonly stop?: AbortSignal
  } = {},
) {
  const task = how.body === undefined ? summaryTask(world).task : undefined
  const answer = await world.enrichment?.deliver({
    authorization: how.authorization ?? INVOKER,
    retryCount: how.retryCount === undefined ? undefined : String(how.retryCount),
    body: how.body ?? JSON.stringify(task?.payload),
    stop: how.stop ?? never,
  })
  if (!answer) throw new Error('the world has no second stage')
  if (task) world.summaryTasks.answered(task.lane, task.name, answer.status)
  return answer
}

export async function enrichmentOf(world: World, jobId: JobId) {
  return (await world.store.view(jobId))?.enrichment
}

/** What is durable of summaries. */
export async function summaryObjects(world: World) {
  const names = await world.names('enrichments/')
  const stored = await Promise.all(names.map((name) => world.memory.read(name)))
  return stored.map((object) => JSON.parse(Buffer.from(object?.bytes ?? []).toString('utf8')))
}

/** The newest conversation as users see it. */
export async function conversationOf(world: World) {
  const { conversations, uidHash } = world
  const deps = { ...world, enriches: true }
  const page = await listConversations(deps, uidHash, { cursor: undefined, limit: 10 })
  const [listed] = page.conversations
  if (!listed) throw new Error('there is no conversation')
  const [outline] = await conversations.list(uidHash, { limit: 1 })
  return { listed, whole: outline && (await getConversation(deps, uidHash, outline.id)), outline }
}
