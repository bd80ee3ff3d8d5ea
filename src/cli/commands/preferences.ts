import type { Command } from 'commander'
import * as z from 'zod'
import { ask, type ConnectionFlags, connectionOf, withConnection } from '../connection.ts'
import type { CommandContext } from '../context.ts'

const preferencesSchema = z.object({ language: z.string(), vocabulary: z.array(z.string()) })

interface SetFlags extends ConnectionFlags {
  readonly language?: string
  readonly word: readonly string[]
  readonly json: boolean
}

export function preferencesCommand(program: Command, { output }: CommandContext): void {
  const show = (answer: unknown, isJson: boolean) => {
    if (isJson) return output.json(answer)
    const { language, vocabulary } = preferencesSchema.parse(answer)
    output.line(`language    ${language}`)
    output.line(`vocabulary  ${vocabulary.join(', ') || 'none'}`)
  }
  const group = program
    .command('preferences')
    .description('what speech-to-text is told of your speech')
  withConnection(group.command('show'))
    .description('language and vocabulary as they hold now')
    .option('--json', 'as JSON', false)
    .action(async ({ json, ...flags }: ConnectionFlags & { json: boolean }) =>
      show(await ask(connectionOf(flags), '/v2/preferences'), json),
    )
  withConnection(group.command('set'))
    .description('replaces both; what is left out goes back to the service’s own')
    .option('--language <tag>', 'a tag such as en-GB, or auto')
    .option('--word <words...>', 'words and names you are likely to say', [])
    .option('--json', 'as JSON', false)
    .action(async ({ language, word: vocabulary, json, ...flags }: SetFlags) => {
      const body = { vocabulary, ...(language === undefined ? {} : { language }) }
      show(await ask(connectionOf(flags), '/v2/preferences', { method: 'PUT', body }), json)
    })
}
