import type { Command } from 'commander'
import * as z from 'zod'
import { ask, type ConnectionFlags, connectionOf, withConnection } from '../connection.ts'
import type { CommandContext } from '../context.ts'

const outlineSchema = z.object({
  id: z.string(),
  started_at: z.string(),
  finished_at: z.string(),
  segment_count: z.number(),
  audio: z.object({ covered_seconds: z.number() }),
  filler: z.boolean(),
  locked: z.boolean(),
  title: z.string().optional(),
})
const pageSchema = z.object({
  conversations: z.array(outlineSchema),
  next_cursor: z.string().optional(),
})
const wholeSchema = outlineSchema.extend({
  segments: z.array(z.object({ started_at: z.string(), text: z.string() })),
})

type JsonFlags = ConnectionFlags & { readonly json: boolean }
type ListFlags = JsonFlags & { readonly limit: string; readonly cursor?: string }

/** A user's own: the token says whose. */
export function conversationsCommand(program: Command, { output }: CommandContext): void {
  const group = program.command('conversations').description('what became of your recordings')
  withConnection(group.command('list'))
    .description('newest first')
    .option('--limit <n>', 'conversations a page, up to 100', '20')
    .option('--cursor <cursor>', 'go on where the last page ended')
    .option('--json', 'the answer as JSON', false)
    .action(async ({ limit, cursor, json, ...flags }: ListFlags) => {
      const query = new URLSearchParams({ limit, ...(cursor === undefined ? {} : { cursor }) })
      const answer = await ask(connectionOf(flags), `/v2/conversations?${query}`)
      if (json) return output.json(answer)
      const { conversations, next_cursor: next } = pageSchema.parse(answer)
      if (conversations.length === 0) return output.line('No conversations.')
      output.table(
        ['CONVERSATION', 'STARTED', 'SEGMENTS', 'AUDIO', 'TITLE'],
        conversations.map((each) => [
          each.id,
          each.started_at,
          String(each.segment_count),
          `${Math.round(each.audio.covered_seconds)} s`,
          nameOf(each),
        ]),
      )
      if (next) output.note(`\nMore: --cursor ${next}`)
    })
  withConnection(group.command('show <conversation>'))
    .description('one with its text; any id it ever had finds it')
    .option('--json', 'the answer as JSON', false)
    .action(async (id: string, { json, ...flags }: JsonFlags) => {
      const answer = await ask(connectionOf(flags), pathOf(id))
      if (json) return output.json(answer)
      const whole = wholeSchema.parse(answer)
      output.line(`${whole.started_at}  ${nameOf(whole)}`)
      for (const { started_at, text } of whole.segments) output.line(`${started_at}  ${text}`)
    })
  withConnection(group.command('delete <conversation>'))
    .description('for good: its words, its summary, and what still comes in of it')
    .action(async (id: string, flags: ConnectionFlags) => {
      await ask(connectionOf(flags), pathOf(id), { method: 'DELETE' })
      output.line(`Deleted ${id}.`)
    })
}

function pathOf(id: string): string {
  return `/v2/conversations/${encodeURIComponent(id)}`
}

function nameOf({ title, filler, locked }: z.output<typeof outlineSchema>): string {
  if (locked) return '(locked)'
  return title ?? (filler ? '(filler)' : '')
}
