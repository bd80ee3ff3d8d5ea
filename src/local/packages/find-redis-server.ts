import { type FindOptions, findProgram, type Missing, type Program } from './find-program.ts'
import { runCommand } from './run-command.ts'

/** Scripts and commands are written for 7.0; Valkey forked at 7.2 and answers the same. */
const OLDEST_MAJOR = 7

export async function findRedisServer(options: FindOptions): Promise<Program | Missing> {
  return findProgram<Program>({
    ...options,
    title: `Redis ${OLDEST_MAJOR} or later`,
    commands: ['redis-server', 'valkey-server'],
    packages: ['redis-server', 'redis-tools'],
    installHint:
      'apt-get install redis-server, dnf install redis (or valkey), or brew install redis; ' +
      'or set REDIS_URL to a server you run.',
    async check(program) {
      const version = await runCommand(program.command, ['--version'], { env: program.env })
      const major = /\bv=(\d+)\./.exec(version.stdout)?.[1]
      return Number(major) >= OLDEST_MAJOR ? program : undefined
    },
  })
}
