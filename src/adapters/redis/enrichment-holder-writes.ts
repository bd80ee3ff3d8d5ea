import type { EnrichmentId } from '../../kernel/index.ts'
import type { EnrichmentStore, HolderResult } from '../../ports/index.ts'
import { replyParts, unknownAnswer } from './reply.ts'
import type { ScriptName } from './script-runner.ts'

export type RunOnWork = (
  name: ScriptName,
  id: EnrichmentId,
  ...args: readonly (string | number)[]
) => Promise<unknown>

/** Ended work whose listeners may not know yet is looked at again after this. */
const OWED_DUE_MS = 30_000

/** Writes that name the claim's token; the store demands equality. */
export function createWorkHolderWrites(
  run: RunOnWork,
): Pick<EnrichmentStore, 'renew' | 'release' | 'finish'> {
  const holderWrite = async (
    name: ScriptName,
    id: EnrichmentId,
    ...args: readonly (string | number)[]
  ): Promise<HolderResult> => {
    const [kind] = replyParts(await run(name, id, ...args))
    if (kind !== 'ok' && kind !== 'lost') throw unknownAnswer(name, kind)
    return kind
  }

  return {
    renew: ({ id, token, leaseMs }) => holderWrite('enrichment-renew', id, token, leaseMs),
    release: async ({ id, token }, why) => {
      const [kind, generation] = replyParts(
        await run(
          'enrichment-release',
          id,
          token,
          why.attemptSpent ? '1' : '0',
          why.nextGeneration ? '1' : '0',
          why.dueInMs,
          why.lastError,
        ),
      )
      return kind === 'ok' ? { kind: 'queued', generation: Number(generation) } : { kind: 'lost' }
    },
    finish: ({ id, token }, { verdict, reasonCode = '' }) =>
      holderWrite('enrichment-finish', id, token, verdict, reasonCode, OWED_DUE_MS),
  }
}
