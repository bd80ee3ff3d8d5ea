import type { Probe } from '../../ports/index.ts'

const KINDS: readonly (readonly [RegExp, string])[] = [
  [/^staging\/.*\/manifest\.json$/, 'manifest'],
  [/^staging\//, 'blob'],
  [/^plans\//, 'plan'],
  [/^transcripts\//, 'transcript'],
  [/^outcomes\//, 'outcome'],
  [/^enrichments\//, 'enrichment'],
  [/^deletions\//, 'deletion'],
  [/^announced\//, 'announced'],
  [/^timelines\//, 'timeline'],
  [/^fair-use\//, 'standing'],
]

/** Has the effect between the two moments of its step, e.g. `object.create.manifest`. */
export async function probed<T>(
  probe: Probe | undefined,
  deed: 'create' | 'replace' | 'delete',
  name: string,
  work: () => Promise<T>,
): Promise<T> {
  const kind = KINDS.find(([pattern]) => pattern.test(name))?.[1] ?? 'other'
  await probe?.(`object.${deed}.${kind}`, 'before')
  const result = await work()
  await probe?.(`object.${deed}.${kind}`, 'after')
  return result
}
