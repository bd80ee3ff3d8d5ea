import { setTimeout as delay } from 'node:timers/promises'
import { systemClock } from '../../../src/adapters/system/system-clock.ts'
import { readEnv, toConfig } from '../../../src/config/index.ts'
import { buildService } from '../../../src/service.ts'
import { watchLoopDelays } from './loop-delays.ts'
import type { LoadSample } from './messages.ts'

/**
 * The service as `src/main.ts` starts it, telling four times a second how it is:
 * `node service.child.ts SPEECH_MS`. Its provider answers every segment after that time.
 */
const [, , speechMs = '0'] = process.argv
const SAMPLE_MS = 250
const clock = systemClock()
const counts = { renewals: 0, claimsLost: 0, attempts: 0 }

const service = buildService(toConfig(readEnv()), {
  clock,
  probe: async (step, moment) => {
    if (step === 'script.renew' && moment === 'after') counts.renewals += 1
  },
  speechToText: {
    provider: 'a slow twin',
    transcribe: async ({ signal }) => {
      await clock.sleep(Number(speechMs), signal)
      return { text: 'words that were said', words: [] }
    },
  },
  log: {
    write: (line) => {
      if (line.includes('"claim_lost"')) counts.claimsLost += 1
      if (line.includes('"claim_taken"')) counts.attempts += 1
    },
  },
})
await service.start()
process.send?.({ kind: 'listening' })
const delays = watchLoopDelays()
process.once('disconnect', () => process.exit(0))
for (;;) {
  await delay(SAMPLE_MS)
  const loopDelaysMs = delays.take()
  const { rss, external, arrayBuffers } = process.memoryUsage()
  const sample: LoadSample = {
    kind: 'sample',
    atMs: clock.now(),
    rssBytes: rss,
    externalBytes: external + arrayBuffers,
    loopDelayMs: Math.max(0, ...loopDelaysMs),
    loopDelaysMs,
    ...counts,
  }
  process.send?.(sample)
}
