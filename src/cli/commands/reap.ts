import type { Command } from 'commander'
import * as z from 'zod'
import { ask, type ConnectionFlags, connectionOf, withConnection } from '../connection.ts'
import type { CommandContext } from '../context.ts'

export function reapCommand(program: Command, { output }: CommandContext): void {
  withConnection(program.command('reap'))
    .description('one recovery pass now; safe at any time, beside any other')
    .option('--json', 'its counts as JSON', false)
    .action(async ({ json, ...flags }: ConnectionFlags & { json: boolean }) => {
      const answer = await ask(connectionOf(flags), '/v2/admin/reap', { method: 'POST', body: {} })
      if (json) return output.json(answer)
      const counts = z.record(z.string(), z.unknown()).parse(answer)
      const rows = Object.entries(counts).filter(([, count]) => count !== 0)
      for (const [name, count] of rows) output.line(`${name.padEnd(18)}${String(count)}`)
      if (rows.length === 0) output.line('Nothing was due.')
    })
}
