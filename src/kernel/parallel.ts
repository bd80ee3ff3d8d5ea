/**
 * Runs `work` over the items, at most `limit` at once. The first rejection rejects, after the work
 * under way has ended, so that nothing runs on unseen.
 */
export async function inParallel<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results = new Array<R>(items.length)
  const entries = items.entries()
  let failed = false
  const lane = async () => {
    for (const [index, item] of entries) {
      if (failed) return
      try {
        results[index] = await work(item)
      } catch (error) {
        failed = true
        throw error
      }
    }
  }
  const lanes = Array.from({ length: Math.min(limit, items.length) }, lane)
  const settled = await Promise.allSettled(lanes)
  const rejected = settled.find((s) => s.status === 'rejected')
  if (rejected) throw rejected.reason
  return results
}
