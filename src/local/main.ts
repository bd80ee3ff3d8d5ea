import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command, InvalidArgumentError, Option } from 'commander'
import { systemClock } from '../adapters/system/system-clock.ts'
import { ambientEnvironment } from '../config/index.ts'
import {
  describeEvent,
  describeReady,
  onStopSignal,
  readyLine,
  type Stack,
  type StackEvent,
  type StackOptions,
  startStack,
} from './stack/index.ts'

/** `npm run local`: starts the stack, says where it is, ends it on Ctrl-C. */
const inProject = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))

interface Flags {
  readonly data: string
  readonly mode: StackOptions['mode']
  readonly port: number
  readonly gcsPort: number
  readonly tasksPort: number
  readonly redisPort: number
  readonly recoverySeconds: number
  readonly speech: 'offline' | 'spans'
  readonly set: Readonly<Record<string, string>>
  readonly fresh: boolean
  readonly json: boolean
  readonly verbose: boolean
}

const program = new Command('npm run local --')
  .description(
    'Runs the whole service on this machine: real Redis, GCS and Cloud Tasks servers that speak the ' +
      'real protocols, the service itself, and a timer for recovery. Ctrl-C ends all of it and keeps ' +
      'the data: the next start goes on where this one was.',
  )
  .addOption(
    new Option('--data <folder>', 'keep everything in this folder').default(
      inProject('.local/data'),
      '.local/data of the project',
    ),
  )
  .option('--fresh', 'begin with an empty folder', false)
  .addOption(
    new Option('--mode <mode>', 'who works: the queue pushes each job, or the accepting process')
      .choices(['cloud_tasks', 'inline'])
      .default('cloud_tasks'),
  )
  .addOption(
    new Option('--speech <how>', 'offline recogniser where it can be had, or speech spans only')
      .choices(['offline', 'spans'])
      .default('offline'),
  )
  .option('--port <port>', 'the API; 0 for any free port, as for the others', toPort, 8080)
  .option('--gcs-port <port>', 'the GCS server', toPort, 8081)
  .option('--tasks-port <port>', 'the Cloud Tasks server (gRPC)', toPort, 8082)
  .option('--redis-port <port>', 'Redis; unused when REDIS_URL names a running one', toPort, 8083)
  .option('--recovery-seconds <n>', 'seconds between recovery passes', toSeconds, 10)
  .addOption(
    new Option('--set <NAME=VALUE>', 'a variable of the service; may be repeated')
      .argParser(toSetting)
      .default({}, 'none'),
  )
  .option('--json', 'one line of JSON on standard output when ready, one after each restart', false)
  .option('--verbose', "the service's log on standard error instead of its file", false)
  .addHelpText('after', '\nREDIS_URL names a Redis to use instead of an own one.')

async function main(flags: Flags): Promise<number> {
  const say = (line: string) => process.stderr.write(`${line}\n`)
  const stop = onStopSignal()
  const broken = Promise.withResolvers<Error>()
  const environment = ambientEnvironment()
  let stack: Stack | undefined
  try {
    stack = await startStack({
      dataFolder: flags.data,
      fresh: flags.fresh,
      packagesFolder: inProject('.local/packages'),
      mode: flags.mode,
      ports: {
        api: flags.port,
        gcs: flags.gcsPort,
        tasks: flags.tasksPort,
        redis: flags.redisPort,
      },
      speech: flags.speech,
      redisUrl: environment['REDIS_URL'] || undefined,
      environment,
      settings: flags.set,
      recoveryIntervalMs: flags.recoverySeconds * 1_000,
      verbose: flags.verbose,
      clock: systemClock(),
      signal: stop.signal,
      onEvent: (event) => {
        if (event.kind === 'broken') broken.resolve(event.error)
        if (event.kind === 'service_restarted') writeDown(stack)
        report(event, flags.json, say)
      },
    })
  } catch (error) {
    if (stop.signal.aborted) return 0
    say(error instanceof Error ? error.message : String(error))
    return 1
  }
  writeDown(stack)
  process.stdout.write(flags.json ? `${readyLine(stack)}\n` : describeReady(stack, flags.mode))
  const failure = await Promise.race([stop.asked, broken.promise])
  if (!flags.json && !failure) say('\nStopping …')
  await stack.close()
  return failure ? 1 : 0
}

/** For commands in other processes: where everything is. */
function writeDown(stack: Stack | undefined): void {
  if (stack) writeFileSync(join(stack.dataFolder, 'stack.json'), `${readyLine(stack)}\n`)
}

function report(event: StackEvent, isJson: boolean, say: (line: string) => void): void {
  const text = describeEvent(event)
  if (text !== undefined) say(text)
  if (isJson && event.kind === 'service_restarted') {
    process.stdout.write(`${JSON.stringify({ restarted: true, service_pid: event.pid })}\n`)
  }
}

function toPort(text: string): number {
  const port = Number(text)
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port
  throw new InvalidArgumentError('a port is a whole number from 0 to 65535.')
}

function toSeconds(text: string): number {
  const seconds = Number(text)
  if (seconds >= 0.1 && seconds <= 3_600) return seconds
  throw new InvalidArgumentError('seconds lie between 0.1 and 3600.')
}

function toSetting(text: string, sofar: Readonly<Record<string, string>>) {
  const [, name, value] = /^([A-Z][A-Z0-9_]*)=(.*)$/s.exec(text) ?? []
  if (name !== undefined && value !== undefined) return { ...sofar, [name]: value }
  throw new InvalidArgumentError('a setting is written NAME=VALUE.')
}

process.exitCode = await main(program.parse().opts<Flags>())
