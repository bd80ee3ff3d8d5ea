import { systemClock } from '../../../src/adapters/system/system-clock.ts'
import { createTokenIssuer } from '../../../src/local/issuer/index.ts'
import { startTasksServer } from '../../../src/local/tasks/index.ts'

/** A server to kill: `node child.ts FOLDER` prints its port and runs until it is stopped. */
const [, , folder = ''] = process.argv
const clock = systemClock()
const issuer = createTokenIssuer({ folder, now: () => clock.now() })
const server = await startTasksServer({ folder, port: 0, issuer, clock })
process.stdout.write(`${server.port}\n`)
