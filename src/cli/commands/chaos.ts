import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import * as z from 'zod'
import type { CommandContext } from '../context.ts'

/** What `npm run local` writes down of itself. */
const stackSchema = z.object({
  api: z.string(),
  redis: z.string(),
  gcs: z.string(),
  tasks: z.object({ control: z.string() }),
  service_pid: z.int(),
})
type LocalStack = z.infer<typeof stackSchema>

interface Flags {
  readonly data: string
  readonly times: number
}

/** One way to hurt the local stack, and what comes of it without anybody's help. */
interface Harm {
  readonly name: string
  readonly what: string
  readonly heals: string
  strike(stack: LocalStack, times: number): Promise<void>
}

const HARMS: readonly Harm[] = [
  {
    name: 'kill',
    what: 'SIGKILL the service, whatever it is doing',
    heals: 'the queue tries again after its backoff (18 s) and the next attempt goes on',
    strike: async (stack) => void process.kill(stack.service_pid, 'SIGKILL'),
  },
  {
    name: 'drop',
    what: 'the next deliveries are lost on their way',
    heals: 'each is tried again after its backoff; the fifth loss leaves the job to recovery',
    strike: (stack, times) => fault(stack, { on: 'delivery', kind: 'drop', times }),
  },
  {
    name: 'duplicate',
    what: 'the next deliveries come twice at once',
    heals: 'one claims the job, the other is answered 409 and comes again to find it done',
    strike: (stack, times) => fault(stack, { on: 'delivery', kind: 'duplicate', times }),
  },
  {
    name: 'delay',
    what: 'the next deliveries come 20 s late',
    heals: 'nothing is to be healed: waiting is not failing',
    strike: (stack, times) => fault(stack, { on: 'delivery', kind: 'delay', ms: 20_000, times }),
  },
  {
    name: 'exhaust',
    what: 'every attempt of the next tasks fails before it reaches the service',
    heals: 'recovery finds the task gone and enqueues the next generation, within two minutes',
    strike: (stack, times) => fault(stack, { on: 'delivery', kind: 'drop', times: 5 * times }),
  },
  {
    name: 'purge',
    what: 'the queues lose all their tasks',
    heals: 'recovery enqueues what is due again, within two minutes',
    strike: (stack) => post(`${stack.tasks.control}/purge`),
  },
  {
    name: 'pause',
    what: 'the queues deliver nothing until `chaos resume`',
    heals: 'nothing: jobs wait, and none is called dead',
    strike: (stack) => post(`${stack.tasks.control}/pause`),
  },
  {
    name: 'resume',
    what: 'the queues deliver again',
    heals: 'what waited is delivered at once',
    strike: (stack) => post(`${stack.tasks.control}/resume`),
  },
  {
    name: 'gcs-503',
    what: 'the next calls of the object store fail with 503',
    heals: 'calls are repeated; an upload that still fails is refused 503 and keeps its audio',
    strike: (stack, times) => post(`${stack.gcs}/__faults`, { status: 503, times }),
  },
  {
    name: 'gcs-cut',
    what: 'the next downloads are cut in their middle',
    heals: 'a cut is never taken for an end: size and checksum decide, and it is read again',
    strike: (stack, times) =>
      post(`${stack.gcs}/__faults`, { operation: 'read', cutBodyAfterBytes: 1_000, times }),
  },
  {
    name: 'gcs-stall',
    what: 'the next downloads stop sending',
    heals: 'after 15 s without a byte they are read again',
    strike: (stack, times) =>
      post(`${stack.gcs}/__faults`, { operation: 'read', stallBodyAfterBytes: 1_000, times }),
  },
]

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

function fault(stack: LocalStack, rule: unknown): Promise<void> {
  return post(`${stack.tasks.control}/faults`, rule)
}

async function post(url: string, body?: unknown): Promise<void> {
  const answer = await fetch(url, {
    method: 'POST',
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch((cause: unknown) => {
    throw new Error('the stack does not run any more', { cause })
  })
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`)
}

function toTimes(text: string): number {
  const times = Number(text)
  if (Number.isInteger(times) && times >= 1 && times <= 1_000) return times
  throw new InvalidArgumentError('a whole number from 1 to 1000.')
}
