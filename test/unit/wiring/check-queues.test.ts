import { expect, it } from 'vitest'
import { queueCheck } from '../../../src/doctor/index.ts'
import type { QueueFacts } from '../../../src/ports/index.ts'
import { createLogger } from '../../../src/telemetry/index.ts'
import { checkQueues } from '../../../src/wiring/check-queues.ts'

const demands = { maxAttempts: 5, minBackoffMs: 18_000, maxBackoffMs: 300_000, maxDoublings: 4 }
const facts: QueueFacts = {
  ...demands,
  state: 'running',
  maxRetryDurationMs: 0,
  maxDispatchesPerSecond: 50,
  logSamplingRatio: 1,
  maxConcurrentDispatches: 100,
}

async function linesFor(describe: () => Promise<QueueFacts>, stop = new AbortController()) {
  const lines: string[] = []
  const logger = createLogger({ level: 'info', destination: { write: (line) => lines.push(line) } })
  const inspector = {
    queue: 'sync-fresh',
    project: 'project',
    location: 'region-1',
    describe,
    missingPermissions: async () => [],
  }
  await checkQueues([queueCheck(inspector, demands)], logger, stop.signal)
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>)
}

it('is silent about a queue that retries as the service counts', async () => {
  expect(await linesFor(async () => facts)).toEqual([])
})

it.each([
  [{ maxAttempts: 100 }, 'queue_max_attempts'],
  [{ maxRetryDurationMs: 3_600_000 }, 'queue_max_retry_duration'],
  [{ state: 'paused' }, 'queue_not_running'],
])(
  'says at start that a queue was changed to %j, and how to mend it (F43)',
  async (changed, code) => {
    const [line, ...others] = await linesFor(async () => ({ ...facts, ...changed }))
    expect(others).toEqual([])
    expect(line).toMatchObject({ severity: 'ERROR', check: 'queue sync-fresh', code })
    expect(line?.['mend']).toMatch(/sync-fresh/)
  },
)

it('says that it could not look, and lets the service run', async () => {
  const lines = await linesFor(() => Promise.reject(new Error('permission denied')))
  expect(lines).toMatchObject([{ severity: 'WARNING', error: 'permission denied' }])
})

it('says nothing once the service stops', async () => {
  const stop = new AbortController()
  const describe = async () => {
    stop.abort()
    throw new Error('stopped')
  }
  expect(await linesFor(describe, stop)).toEqual([])
})
