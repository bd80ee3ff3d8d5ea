import { join } from 'node:path'
import type { Program } from '../../src/local/packages/index.ts'
import { type LaneOptions, startLane } from '../crash/lane.ts'
import { until } from '../support/until.ts'
import { DEFAULTS, type Orphan } from './orphans.ts'

export interface Measured extends Pick<Orphan, 'name' | 'title' | 'boundMs' | 'because'> {
  readonly ms: number | undefined
  readonly fault: string | undefined
}

export interface MeasureOptions extends Pick<LaneOptions, 'environment'> {
  readonly redis: Program
  /** Holds the lanes of all classes. */
  readonly folder: string
  /** `deployed`: the defaults; `short`: those of the crash matrix, of a second or less. */
  readonly times: 'deployed' | 'short'
}

/** What a late one may take to be told from one that never comes. */
const PATIENCE = 2

/** Makes one class of orphans in a stack of its own, and waits until it is home. */
export async function measureOrphan(
  orphan: Orphan,
  { times, folder, ...rest }: MeasureOptions,
): Promise<Measured> {
  const { name, title, boundMs, because } = orphan
  const row = { name, title, boundMs, because }
  const shortened = orphan.shortSettings ?? orphan.settings
  try {
    await using lane = await startLane({
      ...rest,
      ...{ folder: join(folder, name), mode: orphan.mode ?? 'cloud_tasks' },
      compileCache: join(folder, 'compile-cache'),
      ...(times === 'deployed'
        ? { settings: { ...DEFAULTS.settings, ...orphan.settings }, times: DEFAULTS.times }
        : { settings: shortened ?? {} }),
    })
    const home = await orphan.make(lane)
    const madeMs = performance.now()
    await until(home.what, () => home.isHome(), boundMs * PATIENCE)
    const ms = performance.now() - madeMs
    return { ...row, ms, fault: ms > boundMs ? 'late' : undefined }
  } catch (error) {
    return { ...row, ms: undefined, fault: error instanceof Error ? error.message : String(error) }
  }
}
