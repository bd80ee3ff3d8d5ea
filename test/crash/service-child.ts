import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../src/adapters/system/system-clock.ts'
import { readEnv, toConfig } from '../../src/config/index.ts'
import { buildService } from '../../src/service.ts'
import { createCrashProbe } from './crash-probe.ts'
import { type Order, orderSchema, type Report } from './orders.ts'
import { createRecordedSpeech } from './recorded-speech.ts'
import { createRecordedSummaries } from './recorded-summaries.ts'

/**
 * The service as `src/main.ts` starts it, with a probe that kills it: `node service-child.ts FOLDER`.
 * It stands by until it is told to listen, so that it can take a dead one's place at once.
 */
const [, , folder = '.'] = process.argv
const clock = systemClock()

const noteIn = (file: string) => (line: object) => {
  const stamped = { pid: process.pid, at: clock.now(), ...line }
  appendFileSync(join(folder, file), `${JSON.stringify(stamped)}\n`)
}
const crash = createCrashProbe({
  note: noteIn('steps.jsonl'),
  die: () => void process.kill(process.pid, 'SIGKILL'),
})
const speech = createRecordedSpeech({ clock, probe: crash.probe, note: noteIn('calls.jsonl') })
const config = toConfig(readEnv())
const service = buildService(config, {
  clock,
  probe: crash.probe,
  speechToText: speech.speechToText,
  ...(config.enrichment.provider.kind === 'none'
    ? {}
    : { summarizer: createRecordedSummaries({ probe: crash.probe }) }),
})

async function obey(order: Order): Promise<void> {
  if (order.kind === 'arm') {
    speech.setMood(order.mood)
    crash.arm(order.point)
    report({ kind: 'armed' })
    return
  }
  await service.start()
  report({ kind: 'listening' })
}

function report(message: Report): void {
  process.send?.(message)
}

process.on('message', (message) => {
  obey(orderSchema.parse(message)).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : error}\n`)
    process.exit(1)
  })
})
process.once('disconnect', () => process.exit(0))
process.once('SIGTERM', () => {
  service.stop().then(
    () => process.exit(0),
    () => process.exit(1),
  )
})
report({ kind: 'standby' })
