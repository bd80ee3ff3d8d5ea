import type { Events } from '../telemetry/index.ts'
import type { Pass } from './tally.ts'

/** The summaries of conversations, which have orphans of their own. */
export interface SecondStage {
  /** One look at all work that is due. */
  recover(signal: AbortSignal): Promise<Readonly<Record<string, number>>>
  /** Finds the work that a wiped store forgot. */
  sweep(signal: AbortSignal): Promise<Readonly<Record<string, number>>>
}

/** What was done for summaries in one pass. */
export interface SecondStageCounts {
  readonly due: Readonly<Record<string, number>>
  /** Absent while no walk was due. */
  readonly swept?: Readonly<Record<string, number>>
}

/** A failure here is counted and met again: what jobs need was done before. */
export async function recoverSecondStage(
  deps: { readonly enrichment?: SecondStage | undefined; readonly events: Events },
  pass: Pass,
  isSweepDue: boolean,
): Promise<SecondStageCounts | undefined> {
  const { enrichment } = deps
  if (!enrichment) return undefined
  try {
    const due = await enrichment.recover(pass.signal)
    if (!isSweepDue) return { due }
    return { due, swept: await enrichment.sweep(pass.signal) }
  } catch (error) {
    pass.signal.throwIfAborted()
    pass.tally.count('failed')
    deps.events.unexpectedError({ where: 'enrichment recovery', error })
    return undefined
  }
}
