import * as z from 'zod'
import { createMemoryTaskQueue } from '../../src/adapters/memory/task-queue.ts'
import {
  connectRedis,
  createRedisClient,
  createRedisJobStore,
} from '../../src/adapters/redis/index.ts'
import { systemClock } from '../../src/adapters/system/system-clock.ts'
import { deliver } from '../../src/dispatch/index.ts'
import { createNaming } from '../../src/kernel/index.ts'
import type { FileDecoder } from '../../src/ports/index.ts'
import { createCounters, createEvents, createLogger } from '../../src/telemetry/index.ts'
import { gcsStoreAt } from '../conformance/object-store/gcs-subject.ts'
import { INVOKER, wireRooms } from '../support/rooms.ts'
import { toneDecoder, toneDetector } from '../support/tones.ts'

/** The samples of a file that no process survives. */
export const KILLER = 666
export const NAMING = createNaming('the secret of the poisoned jobs, long enough')
/** A death is over after a second, and a renewal may still come a few times late. */
const LEASE = { leaseMs: 1_500, renewMs: 300, stopMarginMs: 300, unansweredAbortMs: 60_000 }

const partsSchema = z.object({ redisUrl: z.string(), gcsEndpoint: z.string() })
export type WorkerParts = z.infer<typeof partsSchema>

/** The rooms of one process over a real Redis and a real store server. */
export async function openRooms({ redisUrl, gcsEndpoint }: WorkerParts) {
  const clock = systemClock()
  const redis = createRedisClient(redisUrl, { commandTimeoutMs: 5_000, onError: () => undefined })
  await connectRedis(redis)
  const hourMs = 3_600_000
  const store = createRedisJobStore({
    ...{ redis, clock, probe: () => undefined },
    ...{ terminalRetentionMs: hourMs, outcomeRetentionMs: hourMs },
  })
  const logger = createLogger({ level: 'silent', destination: { write: () => undefined } })
  const rooms = wireRooms({
    ...{ clock, store, naming: NAMING, random: Math.random },
    objects: gcsStoreAt(gcsEndpoint, 'objects', {
      readIdleTimeoutMs: 5_000,
      operationTimeoutMs: 10_000,
    }),
    queue: createMemoryTaskQueue({ clock }),
    events: createEvents({ logger, counters: createCounters() }),
    speechToText: {
      provider: 'tones',
      transcribe: async ({ pcm }) => ({ text: `tone ${pcm[0]}`, words: [] }),
    },
    decoder: killable(toneDecoder()),
    detector: toneDetector(),
    dispatchMode: 'cloud_tasks',
    deps: { leaseMs: LEASE.leaseMs, leaseTimes: LEASE },
  })
  return { rooms, store, close: () => redis.disconnect() }
}

function killable(decoder: FileDecoder): FileDecoder {
  return {
    ...decoder,
    decode: async (...args) => {
      const decoded = await decoder.decode(...args)
      if (decoded.pcm[0] === KILLER) process.kill(process.pid, 'SIGKILL')
      return decoded
    },
  }
}

/** `node poison-worker.ts PARTS BODY` takes one delivery and prints its answer. */
if (import.meta.main) {
  const [, , parts = '', body = ''] = process.argv
  const { rooms, close } = await openRooms(partsSchema.parse(JSON.parse(parts)))
  const stop = new AbortController().signal
  const answer = await deliver(rooms.delivery, {
    ...{ authorization: INVOKER, retryCount: '0', body, stop },
  })
  process.stdout.write(JSON.stringify(answer))
  close()
}
