import { describe, expect, test } from 'vitest'
import { objectNames, shardOfJob } from '../../../src/kernel/index.ts'
import {
  form,
  type HttpWorld,
  jobOf,
  name,
  post,
  startHttpWorld,
} from '../../support/http-world.ts'
import { tones } from '../../support/tones.ts'
import { INVOKER } from '../../support/world.ts'

const endless = ({ signal }: { signal: AbortSignal }) =>
  new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason))
  })

/** An upload's job, and its delivery as the queue makes it; `hangUp` breaks the connection. */
async function uploaded(world: HttpWorld) {
  await post(world, form({ [name(world)]: tones([100, 3]) }))
  const jobId = jobOf(world)
  const body = JSON.stringify({
    ...{ schema_version: 1, job_id: jobId, uid_shard: shardOfJob(jobId), generation: 0 },
    manifest: objectNames.manifest(world.uidHash, jobId),
  })
  const deliver = async (signal?: AbortSignal) => {
    const answer = await fetch(`${world.base}/v2/sync-jobs/run`, {
      ...{ method: 'POST', body, headers: { authorization: INVOKER } },
      ...(signal ? { signal } : {}),
    })
    return { status: answer.status, body: (await answer.json()) as unknown }
  }
  return { jobId, deliver }
}

describe('a delivery over HTTP', () => {
  test('F55: is answered once its run is over, and nothing is done after the answer', async () => {
    const heard = Promise.withResolvers<void>()
    const done: string[] = []
    const note = <Port extends object>(port: Port): Port =>
      new Proxy(port, {
        get: (target, key) => {
          const member: unknown = Reflect.get(target, key)
          if (typeof member !== 'function') return member
          return (...args: unknown[]) => {
            done.push(String(key))
            return Reflect.apply(member, target, args) as unknown
          }
        },
      })
    await using world = await startHttpWorld({
      ...{ store: note, objects: note, queue: note },
      transcribe: async () => {
        await heard.promise
        return { text: 'heard', words: [] }
      },
    })
    const { jobId, deliver } = await uploaded(world)
    let isAnswered = false
    const delivery = deliver().finally(() => {
      isAnswered = true
    })
    await expect.poll(() => world.calls.length).toBe(1)
    await world.clock.advance(60_000)
    expect(isAnswered).toBe(false)
    heard.resolve()
    expect(await delivery).toMatchObject({ status: 200, body: { result: 'done' } })
    const before = done.length
    await world.clock.advance(3_600_000)
    expect(done.slice(before)).toEqual([])
    expect(world.clock.sleeping).toBe(0)
    expect(await world.records.read(jobId)).toMatchObject({ status: 'completed', settled: true })
  })

  test('F31: is aborted by its own clock before the queue would give it up, and keeps its job', async () => {
    await using world = await startHttpWorld({
      transcribe: endless,
      http: { runAbortMs: 1_500_000 },
    })
    const { jobId, deliver } = await uploaded(world)
    const delivery = deliver()
    await expect.poll(() => world.calls.length).toBe(1)
    // A stage and a lease are all that moves: the run's own limits lie beyond.
    await world.clock.advance(1_500_000)
    expect(await delivery).toMatchObject({ status: 500, body: { result: 'retry' } })
    expect(await world.records.read(jobId)).toMatchObject({ status: 'queued', attempt: 1 })
    expect(await world.names('staging/')).not.toEqual([])
    expect(world.clock.sleeping).toBe(0)
  })

  test('F54: whose connection breaks goes on; redeliveries hear 409, and the run ends the job', async () => {
    const heard = Promise.withResolvers<void>()
    await using world = await startHttpWorld({
      transcribe: async () => {
        await heard.promise
        return { text: 'heard', words: [] }
      },
    })
    const { jobId, deliver } = await uploaded(world)
    const hangUp = new AbortController()
    const first = deliver(hangUp.signal)
    await expect.poll(() => world.calls.length).toBe(1)
    hangUp.abort()
    await expect(first).rejects.toThrow()
    for (const waitMs of [18_000, 36_000, 72_000, 144_000]) {
      await world.clock.advance(waitMs)
      expect(await deliver()).toMatchObject({ status: 409, body: { result: 'locked' } })
    }
    world.tasks.purge()
    expect(await world.recover()).toMatchObject({ revived: 0, ensured: 0, landed: 0 })
    heard.resolve()
    await expect.poll(async () => (await world.records.read(jobId))?.status).toBe('completed')
    expect(world.calls).toHaveLength(1)
    expect(await deliver()).toMatchObject({ status: 200, body: { result: 'acked' } })
  })

  test('F54: whose connection broke and whose worker then dies, its task gone, is revived', async () => {
    let isDead = false
    await using world = await startHttpWorld({
      transcribe: endless,
      store: (store) => ({
        ...store,
        renew: (claim) => (isDead ? new Promise<never>(() => undefined) : store.renew(claim)),
      }),
    })
    const { jobId, deliver } = await uploaded(world)
    const hangUp = new AbortController()
    const first = deliver(hangUp.signal)
    await expect.poll(() => world.calls.length).toBe(1)
    hangUp.abort()
    await expect(first).rejects.toThrow()
    world.tasks.purge()
    isDead = true
    await world.clock.advance(20_000)
    expect(await world.recover()).toMatchObject({ revived: 1 })
    expect(await world.tasks.find('fresh', `${jobId}-g1`)).toBe('live')
  })
})
