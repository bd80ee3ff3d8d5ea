import { expect, it } from 'vitest'
import { systemClock } from '../../../src/adapters/system/system-clock.ts'
import { createLogger } from '../../../src/telemetry/index.ts'
import { type WarmParts, warmUp } from '../../../src/wiring/warm-up.ts'

async function warm(parts: WarmParts, stop = new AbortController().signal): Promise<string[]> {
  const lines: string[] = []
  const logger = createLogger({ level: 'info', destination: { write: (line) => lines.push(line) } })
  await warmUp(parts, { clock: systemClock(), logger, stop })
  return lines.map((line) => JSON.parse(line).message)
}

it('loads the parts in their order and says when all are there', async () => {
  const loaded: string[] = []
  const part = (name: string) => async () => void loaded.push(name)
  expect(await warm({ first: part('first'), second: part('second') })).toEqual(['Service warm'])
  expect(loaded).toEqual(['first', 'second'])
})

it('goes on behind a part that cannot be loaded, and says so', async () => {
  const loaded: string[] = []
  const messages = await warm({
    broken: () => Promise.reject(new Error('no such file')),
    whole: async () => void loaded.push('whole'),
  })
  expect(loaded).toEqual(['whole'])
  expect(messages).toEqual([expect.stringMatching('could not be loaded'), 'Service warm'])
})

it('loads nothing more once the service stops', async () => {
  const stopping = new AbortController()
  const loaded: string[] = []
  const parts = {
    first: async () => stopping.abort(),
    second: async () => void loaded.push('second'),
  }
  expect(await warm(parts, stopping.signal)).toEqual([])
  expect(loaded).toEqual([])
})
