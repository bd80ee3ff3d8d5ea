import { setTimeout as delay } from 'node:timers/promises'
import { Redis } from 'ioredis'

/** What reached one server, told apart by who sent it. */
export interface CommandCounts {
  /** What clients sent: each is a round trip. */
  readonly trips: ReadonlyMap<string, number>
  /** What scripts called on the server. */
  readonly inner: ReadonlyMap<string, number>
}

/** Of a connection being made or looked at: not part of anybody's work. */
const CEREMONY = new Set(['hello', 'client', 'info', 'auth', 'select', 'quit', 'ping', 'script'])
const QUIET_MS = 100

/** Counts every command of every client of a server while the work runs. */
export async function countCommands(
  url: string,
  work: () => Promise<void>,
): Promise<CommandCounts> {
  const client = new Redis(url)
  const monitor = await client.monitor()
  const trips = new Map<string, number>()
  const inner = new Map<string, number>()
  monitor.on('monitor', (_time: string, args: readonly string[], source: string) => {
    const name = (args[0] ?? '').toLowerCase()
    if (CEREMONY.has(name)) return
    const counts = source === 'lua' ? inner : trips
    counts.set(name, (counts.get(name) ?? 0) + 1)
  })
  try {
    await work()
    // The last lines are on their way.
    await client.echo('the end')
    await delay(QUIET_MS)
  } finally {
    monitor.disconnect()
    client.disconnect()
  }
  trips.delete('echo')
  return { trips, inner }
}

export function sumOf(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, one) => sum + one, 0)
}
