import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadDemoFiles } from '../../src/local/demo/demo-files.ts'
import { aliveOf, descendantsOf, type Ready, startLauncher } from './launcher.ts'
import { eventually, newUser, STACK_START_TIMEOUT_MS, userOf } from './rig.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lifecycle-'))
})
afterEach(async () => rm(folder, { recursive: true, force: true }))

function isOpen(address: string | URL): Promise<boolean> {
  const { hostname, port } = new URL(address)
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname)
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

const addressesOf = ({ api, redis, gcs, tasks }: Ready) => [
  api,
  redis,
  gcs,
  tasks.control,
  `tcp://${tasks.host}:${tasks.port}`,
]

async function openOf(ready: Ready): Promise<string[]> {
  const addresses = addressesOf(ready)
  const states = await Promise.all(addresses.map(isOpen))
  return addresses.filter((_, index) => states[index])
}

describe('the launcher', { timeout: STACK_START_TIMEOUT_MS }, () => {
  it('starts a killed service again on the same port, and Ctrl-C leaves nothing behind', async () => {
    await using launcher = startLauncher(folder)
    const ready = await launcher.ready
    expect(await openOf(ready)).toEqual(addressesOf(ready))
    const pids = await descendantsOf(launcher.pid)
    expect(pids).toContain(ready.service_pid)

    process.kill(ready.service_pid, 'SIGKILL')
    const again = await launcher.restarted
    expect(again.service_pid).not.toBe(ready.service_pid)
    expect((await fetch(`${ready.api}/ready`)).status).toBe(200)

    pids.push(...(await descendantsOf(launcher.pid)))
    expect(pids).toContain(again.service_pid)
    launcher.pressCtrlC()
    expect(await launcher.ended).toBe(0)
    expect(await aliveOf(pids)).toEqual([])
    expect(await openOf(ready)).toEqual([])
  })

  it('killed outright takes everything with it, and the next one goes on from the same folder', async () => {
    const first = startLauncher(folder)
    const ready = await first.ready
    const { client } = newUser(ready)
    await fetch(`${ready.tasks.control}/pause`, { method: 'POST' })
    const files = (await loadDemoFiles(Date.now())).slice(1, 2)
    const jobId = await client.upload(files)
    const pids = await descendantsOf(first.pid)
    first.kill('SIGKILL')
    expect(await first.ended).toBe('SIGKILL')
    await using second = startLauncher(folder)
    const next = await second.ready
    // Kept tasks call the service where it was.
    expect(next.api).toBe(ready.api)
    expect(await aliveOf(pids)).toEqual([])
    await fetch(`${next.tasks.control}/resume`, { method: 'POST' })
    for await (const status of client.follow(jobId)) {
      expect(status.status).toMatch(/queued|processing|completed/)
    }
    expect(await client.conversations()).toHaveLength(1)
  })

  it('refuses a folder that another one uses', async () => {
    await using first = startLauncher(folder)
    await first.ready
    await using second = startLauncher(folder)
    expect(await second.ended).toBe(1)
    expect(second.complaints()).toContain(`another local stack uses ${folder}`)
  })

  it('tells a fault in the configuration in plain words and leaves nothing behind', async () => {
    await using launcher = startLauncher(folder, '--set', 'UPLOAD_MAX_FILES=many')
    const pids = new Set<number>()
    let isOver = false
    const ended = launcher.ended.finally(() => {
      isOver = true
    })
    while (!isOver) for (const pid of await descendantsOf(launcher.pid)) pids.add(pid)
    expect(await ended).toBe(1)
    expect(launcher.complaints()).toMatch(/UPLOAD_MAX_FILES must be .*"many"/)
    expect(pids.size).toBeGreaterThan(1)
    await eventually(
      () => aliveOf([...pids]),
      (alive) => alive.length === 0,
    )
  })

  it('ended by Ctrl-C in the middle of a job gives it back, and the next one ends it at once', async () => {
    await using first = startLauncher(folder)
    const ready = await first.ready
    const files = await loadDemoFiles(Date.now())
    const early = newUser(ready)
    for await (const _ of early.client.follow(await early.client.upload(files)));
    await fetch(`${ready.gcs}/__faults`, {
      method: 'POST',
      body: JSON.stringify({ operation: 'create', prefix: 'transcripts/', delayMs: 600_000 }),
    })
    const user = newUser(ready)
    const jobId = await user.client.upload(files)
    for await (const status of user.client.follow(jobId)) {
      if (status.processed_segments === 3) break
    }
    first.pressCtrlC()
    expect(await first.ended).toBe(0)

    await using second = startLauncher(folder)
    const next = await second.ready
    const [again, same] = [userOf(next, user.uid), userOf(next, early.uid)]
    const startedMs = performance.now()
    let last: unknown
    for await (const status of again.client.follow(jobId)) last = status
    expect(last).toMatchObject({ status: 'completed', processed_segments: 4 })
    // A job not given back stays locked for a lease, and the queue then waits for a backoff.
    expect(performance.now() - startedMs).toBeLessThan(25_000)
    expect(await again.client.conversations()).toHaveLength(2)
    expect(await same.client.conversations()).toHaveLength(2)
  })
})
