import { describe, expect, it } from 'vitest'
import type { JobStatus } from '../../src/client/index.ts'
import { loadDemoFiles } from '../../src/local/demo/demo-files.ts'
import { ask, eventually, newUser, stackForTests, stagedObjects } from './rig.ts'

describe.each(['cloud_tasks', 'inline'] as const)('an upload, %s', (mode) => {
  const stack = stackForTests({ mode })

  it('is accepted at once, followed live, becomes two conversations and leaves nothing staged', async () => {
    const user = newUser(stack.running)
    const form = new FormData()
    const files = await loadDemoFiles(Date.now())
    for (const file of files) form.append('files', new Blob([file.body]), file.name)
    const accepted = await ask(stack.running, '/v2/sync-local-files', {
      method: 'POST',
      headers: user.headers,
      body: form,
    })
    expect(accepted).toMatchObject({
      status: 202,
      body: { status: 'queued', total_files: 4, poll_after_ms: 3_000, lane: 'fresh' },
    })
    const seen: JobStatus[] = []
    for await (const status of user.client.follow(accepted.body.job_id)) seen.push(status)
    expect(seen.at(-1)).toMatchObject({
      status: 'completed',
      total_segments: 4,
      processed_segments: 4,
      attempt: 1,
    })
    // No status is told that an earlier one belies.
    const progress = seen.map((status) => status.processed_segments)
    expect(progress).toEqual(progress.toSorted((one, other) => one - other))

    const polled = await ask(stack.running, `/v2/sync-local-files/${accepted.body.job_id}`, user)
    expect(polled).toMatchObject({
      status: 200,
      body: { status: 'completed', failed_segments: 0, result: { errors: [], total_segments: 4 } },
    })
    const listed = await ask(stack.running, '/v2/conversations', user)
    const ids = listed.body.conversations.map(({ id }) => id)
    expect(ids).toHaveLength(2)
    expect(polled.body['result']).toMatchObject({
      new_memories: expect.toSatisfy(sameMembers(ids)),
    })
    const [first, second, ...rest] = await user.client.conversations()
    expect(rest).toEqual([])
    expect(first?.segments.length).toBe(3)
    expect(second?.segments.length).toBe(1)
    expect(first?.text).toMatch(/^\[speech /)
    const startMs = files[3]?.startMs ?? 0
    expect(second?.started_at).toBeGreaterThanOrEqual(startMs)
    expect(second?.finished_at).toBeLessThanOrEqual(startMs + 11_000)
    // The second stage lives on after the end, and changes nothing but what it is about (I2).
    const summed = await user.client.summed(accepted.body.job_id)
    expect(summed).toMatchObject({ status: 'completed', enrichment: 'done' })
    const [whole, short] = await user.client.conversations()
    expect(whole).toMatchObject({ enrichment: 'done', title: expect.stringMatching(/./) })
    // Of eleven seconds and few words nothing is summed up.
    expect(short).toMatchObject({ enrichment: 'none' })
    expect(short).not.toHaveProperty('title')
    // Staged audio goes once the end is durable (I11).
    await eventually(
      () => stagedObjects(stack.running),
      (names) => names.length === 0,
    )
  })

  it('of bytes that completed answers the same job with its result, and stages nothing', async () => {
    const user = newUser(stack.running)
    const files = (await loadDemoFiles(Date.now())).slice(1, 2)
    const jobId = await user.client.upload(files)
    for await (const _ of user.client.follow(jobId));
    // Its own second task has been made by then.
    await user.client.summed(jobId)
    const { created } = stack.running.tasks.stats.tasks
    const form = new FormData()
    for (const file of files) form.append('files', new Blob([file.body]), file.name)
    const again = await ask(stack.running, '/v2/sync-local-files', {
      method: 'POST',
      headers: user.headers,
      body: form,
    })
    expect(again).toMatchObject({
      status: 202,
      body: {
        job_id: jobId,
        status: 'completed',
        poll_after_ms: 0,
        result: { total_segments: 1, failed_segments: 0, new_memories: [expect.any(String)] },
      },
    })
    expect(stack.running.tasks.stats.tasks.created).toBe(created)
    expect(await user.client.conversations()).toHaveLength(1)
    await eventually(
      () => stagedObjects(stack.running),
      (names) => names.length === 0,
    )
  })
})

describe("another user's", () => {
  const stack = stackForTests()

  it('job is forbidden, an unknown one is not found, and so is what is no id', async () => {
    const [owner, stranger] = [newUser(stack.running), newUser(stack.running)]
    const jobId = await owner.client.upload((await loadDemoFiles(Date.now())).slice(1, 2))
    const path = `/v2/sync-local-files/${jobId}`
    expect(await ask(stack.running, path, stranger)).toMatchObject({
      status: 403,
      body: { code: 'job_forbidden' },
    })
    expect(await ask(stack.running, `${path}/events`, stranger)).toMatchObject({ status: 403 })
    const unknown = `${jobId.slice(0, 8) === '00000000' ? '1' : '0'}${jobId.slice(1)}`
    for (const id of [unknown, 'nonsense', '../health']) {
      expect(
        await ask(stack.running, `/v2/sync-local-files/${encodeURIComponent(id)}`, owner),
      ).toMatchObject({ status: 404, body: { code: 'job_not_found' } })
    }
    for await (const _ of owner.client.follow(jobId));
    const [conversation] = await owner.client.conversations()
    expect(
      await ask(stack.running, `/v2/conversations/${conversation?.id}`, stranger),
    ).toMatchObject({ status: 404, body: { code: 'conversation_not_found' } })
    expect(await stranger.client.conversations()).toEqual([])
  })
})

function sameMembers(expected: readonly string[]) {
  return (seen: readonly string[]) => seen.toSorted().join() === expected.toSorted().join()
}
