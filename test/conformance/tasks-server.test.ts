import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../src/adapters/system/system-clock.ts'
import { createTokenIssuer } from '../../src/local/issuer/index.ts'
import { startTasksServer } from '../../src/local/tasks/index.ts'
import { tasksServerContract } from './tasks-server.contract.ts'

tasksServerContract(
  'local tasks server',
  async (clock) => {
    const folder = await mkdtemp(join(tmpdir(), 'tasks-'))
    const issuer = createTokenIssuer({ now: () => Date.now() })
    const server = await startTasksServer({
      folder,
      port: 0,
      issuer,
      clock: clock ?? systemClock(),
    })
    return {
      host: server.host,
      port: server.port,
      location: 'projects/test-project/locations/here',
      certs: () => issuer.certs(),
      async close() {
        await server.close()
        await rm(folder, { recursive: true, force: true })
      },
    }
  },
  { simulatedTime: true },
)
