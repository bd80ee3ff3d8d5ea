import type { EnrichmentNote } from '../../kernel/index.ts'
import type { JobStore } from '../../ports/index.ts'
import { keys } from './keys.ts'
import type { ScriptRunner } from './script-runner.ts'

/** The one thing of an ended job that still moves. */
export function createEnrichmentNotes(scripts: ScriptRunner): Pick<JobStore, 'noteEnrichment'> {
  return {
    noteEnrichment: async (jobId, notes) => {
      const args = [...notes].flatMap(([conversationId, note]) => [conversationId, encode(note)])
      await scripts.run('note-enrichment', keys.job(jobId), [jobId, ...args])
    },
  }
}

function encode({ state, reasonCode }: EnrichmentNote): string {
  const letter = state.charAt(0)
  return reasonCode ? `${letter}:${reasonCode}` : letter
}
