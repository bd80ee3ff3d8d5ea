import { deliver } from '../../../src/dispatch/index.ts'
import { tellOnce } from '../../../src/kernel/index.ts'
import { INVOKER, type Rooms, wireRooms } from '../../support/rooms.ts'
import { createWorld, type World } from '../../support/world.ts'
import { type Call, fileOf, hearing, type Window } from './call.ts'

/** How files come in: each job's windows in their order, and how many processes work at once. */
export interface Arrangement {
  readonly jobs: readonly (readonly Window[])[]
  readonly workers: number
}

export interface Arranged {
  readonly count: number
  /** Membership and absolute transcripts of every conversation, without ids and times of landing. */
  readonly conversations: string
  /** Everything that is told, in its order. */
  readonly words: readonly string[]
  /** Calls to speech-to-text. */
  readonly asked: number
  readonly segments: number
}

/** Uploads and works on all of it, each worker a process of its own over the same stores. */
export async function arrange(call: Call, { jobs, workers }: Arrangement): Promise<Arranged> {
  const ears = hearing(call)
  const world = createWorld({ ...ears, deps: { userSlots: workers } })
  const processes = Array.from({ length: workers }, (_, id) => processOf(world, id))
  for (const windows of jobs) {
    const files = windows.map((window) => fileOf(call, window))
    const distinct = new Map(files.map(({ name, body }) => [name, body]))
    await world.upload(Object.fromEntries(distinct))
  }
  await withTime(world, async () => {
    const taken = new Set<string>()
    await Promise.all(processes.map((rooms) => workOff(world, rooms, taken)))
  })
  return look(world)
}

function processOf(world: World, id: number): Rooms {
  const { clock, objects, store, queue, naming, delivery } = world
  const { decoder, detector, speechToText } = delivery.pipeline
  return wireRooms({
    ...{ clock, objects, store, queue, naming, decoder, detector, speechToText },
    events: delivery.events,
    random: () => ((id + 1) * 0.23) % 1,
    dispatchMode: 'cloud_tasks',
    deps: { userSlots: delivery.userSlots },
  })
}

/** Takes task after task until none is left, as the queue would push them. */
async function workOff(world: World, { delivery }: Rooms, taken: Set<string>): Promise<void> {
  for (;;) {
    const next = world.tasks.due().find(({ task }) => !taken.has(task.name))
    if (!next) return
    const { task } = next
    taken.add(task.name)
    const answer = await deliver(delivery, {
      authorization: INVOKER,
      retryCount: '0',
      stop: new AbortController().signal,
      body: JSON.stringify(task.payload),
    })
    world.tasks.answered(task.lane, task.name, answer.status)
    if (answer.status !== 200) throw new Error(JSON.stringify(answer.body))
  }
}

async function withTime(world: World, work: () => Promise<void>): Promise<void> {
  let isOver = false
  const done = work().finally(() => {
    isOver = true
  })
  while (!isOver) await world.clock.advance(50)
  await done
}

async function look({ conversations, uidHash, calls }: World): Promise<Arranged> {
  const outlines = await conversations.list(uidHash, { limit: 1_000 })
  const whole = await Promise.all(
    outlines.map(async (outline) => {
      const { startMs, endMs, members } = outline
      const told = tellOnce(await conversations.transcriptsOf(uidHash, outline))
      return { startMs, endMs, members: members.map(({ segmentId }) => segmentId), told }
    }),
  )
  const inOrder = whole.toSorted((a, b) => a.startMs - b.startMs)
  return {
    count: whole.length,
    conversations: JSON.stringify(
      inOrder.map(({ told, ...outline }) => ({
        ...outline,
        told: told.map(({ segmentId, startMs, endMs, text, words }) => ({
          ...{ segmentId, startMs, endMs, text, words },
        })),
      })),
    ),
    words: inOrder.flatMap(({ told }) => told.flatMap((t) => t.words.map(({ text }) => text))),
    asked: calls.length,
    segments: whole.flatMap(({ members }) => members).length,
  }
}
