import { expect, test } from 'vitest'
import { deliver } from '../../../src/dispatch/index.ts'
import { objectNames, shardOfJob } from '../../../src/kernel/index.ts'
import { toneName, tones } from '../../support/tones.ts'
import { createWorld, INVOKER } from '../../support/world.ts'

test('F64: a file that another machine cuts differently keeps the cut of its plan, and no text twice', async () => {
  let isFailing = true
  const world = createWorld({
    transcribe: async ({ pcm }) => {
      if (isFailing && pcm[0] === 200) throw new Error('the provider is away')
      return { text: `tone ${pcm[0]}`, words: [] }
    },
  })
  const body = tones([100, 3], [0, 130], [200, 3])
  const name = toneName(world.clock.now() - 3_600_000)
  const { jobId } = await world.upload({ [name]: body })
  expect(await world.deliver(jobId)).toMatchObject({ status: 500 })
  const planned = await world.names('plans/')
  isFailing = false
  const { pipeline } = world.delivery
  let cuts = 0
  const elsewhere = {
    ...world.delivery,
    pipeline: {
      ...pipeline,
      detector: {
        version: 'other/1',
        detect: async () => {
          cuts += 1
          return [{ startSample: 0, endSample: 99_000 }]
        },
      },
    },
  }
  const answer = await deliver(elsewhere, {
    authorization: INVOKER,
    retryCount: '1',
    stop: new AbortController().signal,
    body: JSON.stringify({
      schema_version: 1,
      job_id: jobId,
      uid_shard: shardOfJob(jobId),
      generation: 0,
      manifest: objectNames.manifest(world.uidHash, jobId),
    }),
  })
  expect(answer).toMatchObject({ body: { result: 'done', job_status: 'completed' } })
  expect(cuts).toBe(0)
  expect(await world.names('plans/')).toEqual(planned)
  expect(await world.names('transcripts/')).toHaveLength(2)
  expect((await world.texts()).flat().sort()).toEqual(['tone 100', 'tone 200'])
})
