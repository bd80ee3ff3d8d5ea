import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { acceptUpload } from '../../src/intake/index.ts'
import { objectNames, shardOfJob } from '../../src/kernel/index.ts'
import { startGcs } from '../conformance/object-store/gcs-subject.ts'
import { startRedisForTests } from '../support/redis.ts'
import { toneName, tones } from '../support/tones.ts'
import { UID } from '../support/world.ts'
import { KILLER, NAMING, openRooms, type WorkerParts } from './poison-worker.ts'

const WORKER = fileURLToPath(new URL('./poison-worker.ts', import.meta.url))
const HOUR_MS = 3_600_000

test('a file whose decoding kills the process fails alone: the others land (F33, F34)', async () => {
  await using redis = await startRedisForTests()
  await using gcs = await startGcs()
  const parts = { redisUrl: redis.url, gcsEndpoint: gcs.endpoint }
  const { rooms, store, close } = await openRooms(parts)
  const startMs = Date.now() - HOUR_MS
  const files = [100, KILLER, 300].map(
    (level, at) => [toneName(startMs + at * 600_000), tones([level, 2])] as const,
  )
  const { jobId } = await acceptUpload(rooms.accept, {
    uid: UID,
    conversationId: undefined,
    signal: new AbortController().signal,
    parts: (async function* () {
      for (const [name, body] of files) {
        yield {
          name,
          body: (async function* () {
            yield body
          })(),
        }
      }
    })(),
  })
  const body = JSON.stringify({
    ...{ schema_version: 1, job_id: jobId, uid_shard: shardOfJob(jobId), generation: 0 },
    manifest: objectNames.manifest(NAMING.uidHash(UID), jobId),
  })

  const ends: string[] = []
  for (let attempt = 0; attempt < 8 && ends.at(-1) !== 'answered'; attempt += 1) {
    ends.push(await deliverTo(parts, body))
    await expect.poll(async () => isFree(await store.read(jobId)), { timeout: 10_000 }).toBe(true)
  }
  expect(ends).toEqual(['SIGKILL', 'SIGKILL', 'SIGKILL', 'SIGKILL', 'answered'])
  expect(await store.read(jobId)).toMatchObject({
    status: 'partial_failure',
    segments: { total: 3, successful: 2, failed: 1 },
    outcome: {
      reasonCode: 'sync_worker_lost',
      errors: [expect.stringContaining('background worker likely died')],
    },
  })
  close()
}, 90_000)

/** How the process that took the delivery ended: by a signal, or with an answer. */
async function deliverTo(parts: WorkerParts, body: string): Promise<string> {
  const child = spawn(process.execPath, [WORKER, JSON.stringify(parts), body], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const said: string[] = []
  child.stdout.on('data', (chunk: Buffer) => said.push(chunk.toString()))
  const { promise, resolve } = Promise.withResolvers<string>()
  child.once('close', (code, signal) => resolve(signal ?? (code === 0 ? 'answered' : `${code}`)))
  const end = await promise
  if (end === 'answered') expect(JSON.parse(said.join(''))).toMatchObject({ status: 200 })
  return end
}

function isFree(record: { readonly status: string; readonly leaseUntil?: number } | undefined) {
  return record?.status !== 'processing' || (record.leaseUntil ?? 0) < Date.now() - 100
}
