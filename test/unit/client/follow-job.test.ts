import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { systemClock } from '../../../src/adapters/system/system-clock.ts'
import { createApiClient, type JobStatus } from '../../../src/client/index.ts'

const status = (of: Partial<JobStatus>) => ({
  ...{ job_id: 'j', status: 'processing', stage: 'transcribing', total_files: 1 },
  ...{ total_segments: 2, processed_segments: 0, attempt: 1, enrichment: 'none', ...of },
})
const sent = (event: string, data: object, id?: string) =>
  `${id ? `id: ${id}\n` : ''}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
const segment = (segment_id: string) => ({ segment_id, verdict: 'landed', text: 'said' })

/** Answers each connection with the next text, cut wherever it ends. */
async function streaming(...answers: readonly string[]) {
  const asked: (string | undefined)[] = []
  const server = createServer((req, res) => {
    asked.push(req.headers['last-event-id']?.toString())
    res.writeHead(200, { 'content-type': 'text/event-stream' }).end(answers[asked.length - 1] ?? '')
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const client = createApiClient({
    ...{ api: `http://127.0.0.1:${port}`, authorization: 'Bearer x', clock: systemClock() },
    signal: new AbortController().signal,
  })
  return { asked, client, [Symbol.dispose]: () => void server.close() }
}

test('a watch goes on after the last whole event that it read, and ends with the job', async () => {
  using served = await streaming(
    `: still here\n\n${sent('segment', segment('a'), '7-0')}${sent('status', status({}), '7-0')}` +
      sent('segment', segment('b'), '8-0').slice(0, -9),
    sent('segment', segment('b'), '8-0') + sent('from the future', {}, '9-0'),
    sent('status', status({ status: 'completed', processed_segments: 2 }), '9-0'),
  )
  const told: string[] = []
  for await (const news of served.client.watch('j')) {
    told.push(news.event === 'segment' ? news.segment.segment_id : news.status.status)
  }
  expect(told).toEqual(['a', 'processing', 'b', 'completed'])
  expect(served.asked).toEqual([undefined, '7-0', '9-0'])
})

test('a follow is told statuses alone', async () => {
  using served = await streaming(
    sent('segment', segment('a'), '7-0') + sent('status', status({ status: 'failed' })),
  )
  const told: string[] = []
  for await (const { status } of served.client.follow('j')) told.push(status)
  expect(told).toEqual(['failed'])
})
