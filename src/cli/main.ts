import tab from '@bomb.sh/tab/commander'
import { Command } from 'commander'
import { systemClock } from '../adapters/system/system-clock.ts'
import { chaosCommand } from './commands/chaos.ts'
import { conversationsCommand } from './commands/conversations.ts'
import { doctorCommand } from './commands/doctor.ts'
import { encodeCommand } from './commands/encode.ts'
import { jobsCommand } from './commands/jobs.ts'
import { preferencesCommand } from './commands/preferences.ts'
import { reapCommand } from './commands/reap.ts'
import { uploadCommand } from './commands/upload.ts'
import { watchCommand } from './commands/watch.ts'
import type { CommandContext } from './context.ts'
import { createOutput } from './output.ts'

/** `npm run cli -- …`: the commands of operators and testers. Ends 1 on a failure, 2 on wrong use. */
const clock = systemClock()
const stop = new AbortController()
process.once('SIGINT', () => {
  process.exitCode = 130
  stop.abort()
})
const context: CommandContext = {
  output: createOutput(process.stdout, process.stderr),
  clock,
  now: () => clock.now(),
  signal: stop.signal,
  exitCode: (code) => {
    process.exitCode = code
  },
}

const program = new Command('npm run cli --')
  .description('Upload recordings, watch jobs, and operate a sync-dispatcher.')
  .showHelpAfterError('(--help says more)')
  .showSuggestionAfterError()
  .exitOverride((error) => {
    process.exitCode = error.exitCode === 0 ? 0 : 2
    throw error
  })
  .addHelpText(
    'after',
    '\nSYNC_URL and SYNC_TOKEN stand for --url and --token. ' +
      'Completion: source <(npm run -s cli -- complete bash)',
  )

for (const add of [
  uploadCommand,
  watchCommand,
  encodeCommand,
  conversationsCommand,
  jobsCommand,
  reapCommand,
  preferencesCommand,
  chaosCommand,
]) {
  add(program, context)
}
doctorCommand(program, context, () => import('../wiring/build-doctor.ts'))
tab(program)

try {
  await program.parseAsync()
} catch (error) {
  report(error)
}

function report(error: unknown): void {
  const isUsage =
    error instanceof Error && 'code' in error && String(error.code).startsWith('commander.')
  if (isUsage || stop.signal.aborted) return
  process.exitCode = 1
  context.output.note(error instanceof Error ? error.message : String(error))
}
