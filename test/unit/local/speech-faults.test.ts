import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { HARMS } from '../../../src/cli/harms.ts'
import { BusyError } from '../../../src/kernel/index.ts'
import { failOnOrder } from '../../../src/local/stack/speech-faults.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'speech-faults-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('speech-to-text fails as often as chaos has ordered, also for calls at once', async () => {
  const orders = join(folder, 'orders')
  const speech = failOnOrder(
    { provider: 'twin', transcribe: async () => ({ text: 'heard', words: [] }) },
    orders,
  )
  const call = () =>
    speech.transcribe({ pcm: new Int16Array(1), signal: new AbortController().signal })
  expect(await call()).toMatchObject({ text: 'heard' })
  const stack = {
    ...{ api: '', redis: '', gcs: '', staging_bucket: '', tasks: { control: '' }, service_pid: 0 },
    speech_faults: orders,
  }
  await HARMS.find(({ name }) => name === 'stt-503')?.strike(stack, 3)
  const calls = await Promise.allSettled(Array.from({ length: 5 }, call))
  const refused = calls.filter(({ status }) => status === 'rejected')
  expect(refused.map((each) => 'reason' in each && each.reason)).toEqual(
    [1, 2, 3].map(() => expect.any(BusyError)),
  )
  expect(await call()).toMatchObject({ text: 'heard' })
})
