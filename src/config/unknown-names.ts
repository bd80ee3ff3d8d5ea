import { VARIABLE_NAMES, type VariableName } from './env.ts'

/** Nobody else's: whatever starts so and is unknown is a mistake. */
const OWN_PREFIXES = ['SYNC_', 'STT_', 'GCS_', 'UPLOAD_', 'OIDC_'] as const

/** Others use these too (HTTP_PROXY, FIREBASE_CONFIG): a mistake only when near one of ours. */
const SHARED_PREFIXES = [
  'HTTP_',
  'FIREBASE_',
  'REDIS_',
  'CLAIM_',
  'RUN_',
  'REAPER_',
  'STATUS_',
  'DEEPGRAM_',
  'OPENAI_',
  'MAX_',
  'LOG_',
  'OTEL_',
] as const

/** The fault of a set variable nobody reads; undefined when it is none of our business. */
export function unknownNameFault(stray: string): string | undefined {
  if (stray === 'STORAGE_EMULATOR_HOST')
    return `${stray} bends the paths of the store's client; use GCS_API_ENDPOINT.`
  const isOurs = OWN_PREFIXES.some((prefix) => stray.startsWith(prefix))
  const isShared = SHARED_PREFIXES.some((prefix) => stray.startsWith(prefix))
  if (!isOurs && !isShared) return undefined
  const { name, edits } = nearestName(stray)
  const isNear = edits <= Math.floor(stray.length / 5)
  if (isShared && !isNear) return undefined
  return `${stray} is not a variable of this service; the nearest is ${name}.`
}

function nearestName(stray: string): { name: VariableName; edits: number } {
  return VARIABLE_NAMES.map((name) => ({ name, edits: editDistance(stray, name) })).reduce(
    (best, next) => (next.edits < best.edits ? next : best),
  )
}

/** Levenshtein: the least insertions, deletions and replacements of one character. */
export function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (const [index, letter] of [...from].entries()) {
    const next = [index + 1]
    for (const [column, other] of [...to].entries()) {
      const replaced = (row[column] ?? 0) + (letter === other ? 0 : 1)
      const removed = (row[column + 1] ?? 0) + 1
      const added = (next[column] ?? 0) + 1
      next.push(Math.min(replaced, removed, added))
    }
    row = next
  }
  return row[to.length] ?? 0
}
