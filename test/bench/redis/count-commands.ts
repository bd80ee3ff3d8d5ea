import { once } from 'node:events'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'

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

/** A line of MONITOR: `+time [0 127.0.0.1:4711] "get" …`, or `[0 lua]` for what a script called. */
const LINE = /^\+[\d.]+ \[\d+ (\S+)\] "([^"]+)"/

/**
 * Counts every command of every client of a server while the work runs. Over a bare socket: a client
 * library takes a line that comes before its `OK` for an answer.
 */
export async function countCommands(
  url: string,
  work: () => Promise<void>,
): Promise<CommandCounts> {
  const { hostname, port } = new URL(url)
  const trips = new Map<string, number>()
  const inner = new Map<string, number>()
  const socket = connect(Number(port), hostname)
  try {
    socket.write('MONITOR\r\n')
    await once(socket, 'data')
    createInterface(socket).on('line', (line) => {
      const [, source, command = ''] = LINE.exec(line) ?? []
      const name = command.toLowerCase()
      if (source === undefined || CEREMONY.has(name)) return
      const counts = source === 'lua' ? inner : trips
      counts.set(name, (counts.get(name) ?? 0) + 1)
    })
    await work()
    // The last lines are on their way.
    await delay(QUIET_MS)
  } finally {
    socket.destroy()
  }
  return { trips, inner }
}

export function sumOf(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, one) => sum + one, 0)
}
