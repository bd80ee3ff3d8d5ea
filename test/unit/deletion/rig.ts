import type { JobId } from '../../../src/kernel/index.ts'
import { toneName } from '../../support/tones.ts'
import type { World, WorldOptions } from '../../support/world.ts'

/** What tones 100 to 109 say; a deletion must leave no trace of it. */
export const SECRET = 'between the two of us'

/** Speech-to-text that says the secret. */
export function spokenWorld(options: WorldOptions = {}): WorldOptions {
  return {
    ...options,
    transcribe: async (request) => {
      if (options.transcribe) return options.transcribe(request)
      const level = Math.max(...request.pcm)
      const text = level >= 100 && level < 110 ? `${SECRET} ${level}` : `tone ${level}`
      const words = text.split(' ').map((word, i) => ({ text: word, startMs: i, endMs: i + 1 }))
      return { text, words }
    },
  }
}

/** Uploads files by the seconds before now at which they start, without running their job. */
export async function accept(
  world: World,
  files: Readonly<Record<number, Uint8Array>>,
  conversationId?: string,
): Promise<JobId> {
  const now = Math.floor(world.clock.now() / 1_000) * 1_000
  const named = Object.entries(files).map(([ago, body]) => [
    toneName(now - Number(ago) * 1_000),
    body,
  ])
  const { jobId } = await world.upload(
    Object.fromEntries(named),
    conversationId === undefined ? {} : { conversationId },
  )
  return jobId
}

/** The same, run to its end. */
export async function upload(
  world: World,
  files: Readonly<Record<number, Uint8Array>>,
  conversationId?: string,
) {
  return run(world, await accept(world, files, conversationId))
}

export async function run(world: World, jobId: JobId) {
  const answer = await world.deliver(jobId)
  const view = await world.store.view(jobId)
  if (!view) throw new Error(`${jobId} is unknown after ${JSON.stringify(answer.body)}`)
  const { status, segments } = view
  return {
    status,
    totalSegments: segments.total,
    silent: segments.silent,
    result: answer.body.result,
  }
}

/** Every byte of every durable object. */
export async function allText(world: Pick<World, 'memory'>): Promise<string> {
  const listed = await world.memory.list('', { limit: 10_000 })
  const stored = await Promise.all(listed.map(({ name }) => world.memory.read(name)))
  return stored.map((each) => Buffer.from(each?.bytes ?? []).toString('utf8')).join('\n')
}
