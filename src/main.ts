import { ConfigError, readEnv, toConfig } from './config/index.ts'
import { buildService, type Service } from './service.ts'

/** The one file that acts when imported: start, signals, stop. */
async function main(): Promise<void> {
  const config = toConfig(readEnv())
  const service = buildService(config)
  stopOnSignal(service)
  const { port } = await service.start()
  service.logger.info({ port, dispatchMode: config.dispatch.mode }, 'Service started')
}

function stopOnSignal(service: Service): void {
  let stopping = false
  const stop = (signal: NodeJS.Signals) => {
    if (stopping) return
    stopping = true
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

try {
  await main()
} catch (error) {
  const text = error instanceof ConfigError ? error.message : String(error)
  process.stderr.write(`${text}\n`)
  process.exitCode = 1
}
