import { setTimeout as delay } from 'node:timers/promises'
import { systemClock } from '../../../src/adapters/system/system-clock.ts'
import { runService } from '../../../src/run-service.ts'
import { watchLoopDelays } from './loop-delays.ts'
import type { FromService, LoadSample } from './messages.ts'

/**
 * The service as `src/main.ts` starts it, telling four times a second how it is:
 * `node service.child.ts SPEECH_MS`. Its provider answers every segment after that time.
 */
const [, , speechMs = '0'] = process.argv
const SAMPLE_MS = 250
const clock = systemClock()
const counts = { renewals: 0, claimsLost: 0, attempts: 0 }
/** Nobody listens where it is only started to be compiled. */
const say = (message: FromService) => process.send?.(message)

process.once('disconnect', () => process.exit(0))
// Whoever read the log may have gone.
process.stdout.on('error', () => undefined)
await runService({
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
      process.stdout.write(line)
      if (line.includes('"claim_lost"')) counts.claimsLost += 1
      if (line.includes('"claim_taken"')) counts.attempts += 1
      if (line.includes('"Service warm"')) say({ kind: 'warm' })
    },
  },
})
const delays = watchLoopDelays()
for (;;) {
  await delay(SAMPLE_MS, undefined, { ref: false })
  const taken = delays.take()
  const loopDelaysMs = taken.map(({ lateMs }) => lateMs)
  const { rss, external, arrayBuffers } = process.memoryUsage()
  const sample: LoadSample = {
    kind: 'sample',
    atMs: clock.now(),
    rssBytes: rss,
    externalBytes: external + arrayBuffers,
    loopDelayMs: Math.max(0, ...loopDelaysMs),
    loopDelaysMs,
    ownDelaysMs: taken.map(({ ownMs }) => ownMs),
    ...counts,
  }
  say(sample)
}
