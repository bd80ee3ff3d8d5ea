import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command, Option } from 'commander'
import { systemClock } from '../../adapters/system/system-clock.ts'
import { ambientEnvironment } from '../../config/index.ts'
import { logTail, onStopSignal, type Stack, startStack } from '../stack/index.ts'
import { createProgressDisplay } from './progress-display.ts'
import { runDemo } from './run-demo.ts'

/** `npm run demo`: real recordings become conversations on a stack of their own. */
interface Flags {
  readonly keep: boolean
  readonly kill: boolean
  readonly speech: 'offline' | 'spans'
}

const program = new Command('npm run demo --')
  .description(
    'Starts the whole service on free ports, uploads four recordings of real speech as a phone would, ' +
      'follows the job, and prints the conversations. No account, no network but package registries.',
  )
  .option('--keep', 'stay up afterwards, until Ctrl-C', false)
  .option('--kill', 'kill the service with SIGKILL in the middle, to see it recover', false)
  .addOption(
    new Option('--speech <how>', 'offline recogniser where it can be had, or speech spans only')
      .choices(['offline', 'spans'])
      .default('offline'),
  )

/** A busy machine needs two minutes; a job that never ends must not hold a terminal for ever. */
const DEADLINE_MS = 600_000

async function main(flags: Flags): Promise<number> {
  const clock = systemClock()
  const startedMs = clock.monotonicMs()
  const stop = onStopSignal()
  const dataFolder = await mkdtemp(join(tmpdir(), 'sync-dispatcher-demo-'))
  const failed = new AbortController()
  const over = new AbortController()
  clock.sleep(DEADLINE_MS, over.signal).then(
    () => failed.abort(new Error('it was not done within ten minutes')),
    () => undefined,
  )
  let stack: Stack | undefined
  try {
    process.stdout.write('\n  sync-dispatcher: a phone uploads, conversations come out\n\n')
    await runDemo({
      ...flags,
      clock,
      signal: AbortSignal.any([stop.signal, failed.signal]),
      display: createProgressDisplay({ output: process.stdout, clock }),
      write: (text) => process.stdout.write(text),
      start: async (onEvent) => {
        stack = await startStack({
          dataFolder,
          packagesFolder: fileURLToPath(new URL('../../../.local/packages', import.meta.url)),
          mode: 'cloud_tasks',
          speech: flags.speech,
          environment: ambientEnvironment(),
          settings: { STATUS_STREAM_INTERVAL_MS: '250' },
          clock,
          onEvent: (event) => {
            if (event.kind === 'broken') failed.abort(event.error)
            onEvent(event)
          },
          signal: stop.signal,
        })
        return stack
      },
    })
    const seconds = ((clock.monotonicMs() - startedMs) / 1_000).toFixed(0)
    process.stdout.write(`  Done in ${seconds} s.\n\n`)
    over.abort(new Error('the demo is over'))
    if (stack !== undefined && flags.keep) await stayUp(stack, stop.asked, failed.signal)
    else process.stdout.write(MORE)
    return 0
  } catch (error) {
    if (stop.signal.aborted) return 130
    process.stderr.write(`\n  The demo failed: ${error instanceof Error ? error.message : error}\n`)
    if (stack !== undefined) {
      process.stderr.write(`\n  The service's last words:\n\n${await logTail(stack.logFile)}\n`)
    }
    return 1
  } finally {
    over.abort(new Error('the demo is over'))
    await stack?.close()
    await rm(dataFolder, { recursive: true, force: true })
  }
}

const MORE =
  '  Look around yourself: npm run demo -- --keep, or npm run local for your own uploads.\n\n'

/** Until somebody wants it to end. @throws Error when it breaks */
async function stayUp(stack: Stack, stopped: Promise<void>, failed: AbortSignal): Promise<void> {
  process.stdout.write(
    `  API   ${stack.api}/v2/conversations   (Authorization: Bearer dev:demo)\n` +
      `  Log   ${stack.logFile}\n` +
      '  Still running: Ctrl-C ends it and removes its data.\n',
  )
  const broken = once(failed, 'abort').then(() => Promise.reject(failed.reason))
  await Promise.race([stopped, broken])
}

process.exitCode = await main(program.parse().opts<Flags>())
