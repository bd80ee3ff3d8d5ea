import { join } from 'node:path'
import { createPlaces } from '../../src/kernel/index.ts'
import { type Lane, type LaneOptions, startLane } from './lane.ts'
import type { LaneMode } from './lane-environment.ts'

/** Something to do on a lane; it says when it only waits, so that another may begin. */
export interface LaneWork {
  readonly mode: LaneMode
  /** @returns false when the lane is not as it was and must not be used again */
  run(lane: Lane, onIdle: () => void): Promise<boolean>
}

export interface LanePool extends AsyncDisposable {
  /** Does all of it, each on a lane of its mode. */
  run(works: readonly LaneWork[]): Promise<void>
}

export interface LanePoolOptions extends Omit<LaneOptions, 'mode' | 'folder'> {
  readonly folder: string
  readonly lanes: Readonly<Record<LaneMode, number>>
  /** Works that do more than wait, over all lanes. */
  readonly busy: number
}

const never = new AbortController().signal

export function createLanePool(options: LanePoolOptions): LanePool {
  const places = createPlaces(options.busy)
  const idle: Record<LaneMode, Lane[]> = { cloud_tasks: [], inline: [] }
  let made = 0
  const take = async (mode: LaneMode) => {
    const kept = idle[mode].pop()
    if (kept) return kept
    made += 1
    return startLane({ ...options, mode, folder: join(options.folder, `${made}-${mode}`) })
  }
  const doOne = async (work: LaneWork, onIdle: () => void) => {
    const lane = await take(work.mode)
    const isKept = await work.run(lane, onIdle).catch(async (error: unknown) => {
      await lane[Symbol.asyncDispose]()
      throw error
    })
    if (isKept) idle[work.mode].push(lane)
    else await lane[Symbol.asyncDispose]()
  }
  /** Keeps its place only as long as it is busy. */
  const doInPlace = async (work: LaneWork) => {
    const idling = Promise.withResolvers<void>()
    let done: Promise<void> | undefined
    await places.run(never, () => {
      done = doOne(work, idling.resolve)
      return Promise.race([done, idling.promise])
    })
    await done
  }
  const worker = async (queue: LaneWork[]) => {
    for (let next = queue.shift(); next; next = queue.shift()) await doInPlace(next)
  }
  return {
    run: async (works) => {
      const modes = ['inline', 'cloud_tasks'] as const
      await Promise.all(
        modes.flatMap((mode) => {
          const queue = works.filter((work) => work.mode === mode)
          return Array.from({ length: options.lanes[mode] }, () => worker(queue))
        }),
      )
    },
    [Symbol.asyncDispose]: async () => {
      const lanes = Object.values(idle).flat()
      await Promise.all(lanes.map((lane) => lane[Symbol.asyncDispose]()))
    },
  }
}
