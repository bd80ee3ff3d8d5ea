import type { PaceName } from './paces.ts'
import type { SoakStackOptions } from './soak-stack.ts'

export interface SoakOptions
  extends Pick<SoakStackOptions, 'folder' | 'redis' | 'environment' | 'instances'> {
  readonly uploads: number
  /** Share of the calls to every store, queue and provider that go wrong. */
  readonly faultShare: number
  /** 0: nobody is killed. */
  readonly killEveryMs: number
  /** Uploads under way at once. */
  readonly parallel: number
  readonly pace: PaceName
  readonly seed: number
  /** Once aborted no upload is begun; those under way are followed to their ends and judged. */
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: SoakProgress) => void
  readonly onFault?: (fault: string) => void
}

export interface SoakProgress {
  readonly begun: number
  readonly ended: number
  readonly kills: number
  readonly faults: number
}
