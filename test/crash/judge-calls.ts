import type { StoredTranscript } from '../support/stored-truth.ts'
import type { CallLine } from './orders.ts'

/**
 * What is wrong with the calls to the provider (I4, I5). A call may be made again only when the
 * earlier one came to nothing: it failed, was aborted, or died with its process; and never once the
 * segment's transcript is durable.
 */
export function judgeCalls(
  calls: readonly CallLine[],
  deaths: readonly { readonly pid: number; readonly atMs: number }[],
  transcripts: readonly Pick<StoredTranscript, 'text' | 'createdMs'>[],
): string[] {
  const faults: string[] = []
  for (const [text, lines] of Map.groupBy(calls, (line) => line.text)) {
    const safeSinceMs = transcripts.find((transcript) => transcript.text === text)?.createdMs
    const asked = lines.filter((line) => line.what === 'asked')
    for (const [i, ask] of asked.entries()) {
      if (safeSinceMs !== undefined && ask.at > safeSinceMs) {
        faults.push(`I4: '${text}' was transcribed again when its transcript was durable`)
      }
      const earlier = asked[i - 1]
      if (earlier === undefined) continue
      const { pid, at } = earlier
      if (deaths.some((death) => death.pid === pid && at <= death.atMs && death.atMs <= ask.at)) {
        continue
      }
      const end = lines.find((l) => l.pid === pid && l.at >= at && l.what !== 'asked')
      if (end?.what === 'failed' || end?.what === 'aborted') continue
      faults.push(`I4: a living process had '${text}' transcribed twice`)
    }
  }
  return faults
}
