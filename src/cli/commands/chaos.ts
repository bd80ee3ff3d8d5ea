import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import type { CommandContext } from '../context.ts'
import { HARMS, type LocalStack, stackSchema } from '../harms.ts'

interface Flags {
  readonly data: string
  readonly times: number
}

export function chaosCommand(program: Command, { output }: CommandContext): void {
  const chaos = program
    .command('chaos')
    .description('hurt a stack of `npm run local`, and see it recover')
  for (const harm of HARMS) {
    chaos
      .command(harm.name)
      .description(harm.what)
      .option('--data <folder>', 'data folder of the stack', '.local/data')
      .option('--times <n>', 'how many of them', toTimes, 1)
      .action(async ({ data, times }: Flags) => {
        await harm.strike(await findStack(data), times)
        output.line(`Done: ${harm.what}.`)
        output.note(`By itself: ${harm.heals}.`)
      })
  }
}

/** @throws Error when no stack runs there, since nothing else may be hurt */
async function findStack(folder: string): Promise<LocalStack> {
  const file = join(folder, 'stack.json')
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new Error(`${file} is not there: start \`npm run local\`, or give --data`, { cause })
  })
  return stackSchema.parse(JSON.parse(text))
}

function toTimes(text: string): number {
  const times = Number(text)
  if (Number.isInteger(times) && times >= 1 && times <= 1_000) return times
  throw new InvalidArgumentError('a whole number from 1 to 1000.')
}
