import { ConfigError, readEnv, refuseUsageReports, toConfig } from './config/index.ts'
import { openDoor } from './http/server.ts'
import type { Overrides, Service } from './service.ts'

/** Start, signals, stop: a process that is the service. Tells on its error stream why it does not start. */
export async function runService(overrides: Overrides = {}): Promise<void> {
  try {
    await start(overrides)
  } catch (error) {
    const text = error instanceof ConfigError ? error.message : String(error)
    process.stderr.write(`${text}\n`)
    // The open port would keep the process.
    process.exit(1)
  }
}

/** The port is open before the service's code is read, hence the import inside. */
async function start(overrides: Overrides): Promise<void> {
  let service: Service | undefined
  stopOnSignal(() => service)
  refuseUsageReports()
  const config = toConfig(readEnv())
  const door = await openDoor(config.http)
  const { buildService } = await import('./service.ts')
  service = buildService(config, overrides)
  const { port } = await service.start(door)
  service.logger.info({ port, dispatchMode: config.dispatch.mode }, 'Service started')
}

/** Heard from the first moment: as a container's first process, Node would be deaf to it until then. */
function stopOnSignal(running: () => Service | undefined): void {
  let stopping = false
  const stop = (signal: NodeJS.Signals) => {
    if (stopping) return
    stopping = true
    const service = running()
    // Nobody was answered yet.
    if (!service) process.exit(0)
    service.logger.info({ signal }, 'Service stopping')
    service.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        service.logger.error({ error }, 'Service stopped with an error')
        process.exit(1)
      },
    )
  }
  process.on('SIGTERM', stop).on('SIGINT', stop)
}
