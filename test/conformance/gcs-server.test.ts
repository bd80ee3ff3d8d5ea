import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, rm, rmdir, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Storage } from '@google-cloud/storage'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type GcsServer, startGcsServer } from '../../src/local/gcs/index.ts'
import { base64Crc32c, createOnly } from './gcs-server/subject.ts'
import { gcsServerContract } from './gcs-server.contract.ts'

const freshFolder = () => mkdtemp(join(tmpdir(), 'gcs-'))
const start = (folder: string, now: () => number = Date.now) =>
  startGcsServer({ folder, port: 0, buckets: ['staging'], now })
const bucketAt = (endpoint: string) =>
  new Storage({
    apiEndpoint: endpoint,
    projectId: 'p',
    retryOptions: { autoRetry: false },
  }).bucket('staging')

gcsServerContract('the local GCS server', async () => {
  const folder = await freshFolder()
  const server = await start(folder)
  const close = async () => {
    await server.close()
    await rm(folder, { recursive: true })
  }
  return { endpoint: server.endpoint, bucket: 'staging', close }
})

describe('the folder of the local GCS server', () => {
  let folder: string
  beforeEach(async () => {
    folder = await freshFolder()
  })
  afterEach(() => rm(folder, { recursive: true }))

  const simple = { resumable: false, preconditionOpts: createOnly }
  const incoming = () => readdir(join(folder, 'incoming'))
  const objectFiles = () => readdir(join(folder, 'buckets', 'staging', 'objects'))

  test('shows the same objects and bucket settings to the next server', async () => {
    const names = ['a/b', 'ü 😀', 'x'.repeat(1_000), 'empty']
    const before = await start(folder)
    const bucket = bucketAt(before.endpoint)
    for (const name of names) {
      await bucket.file(name).save(name === 'empty' ? '' : name, simple)
    }
    await bucket.file('a/b').setMetadata({ metadata: { k: 'v' } })
    await bucket.setMetadata({ lifecycle: { rule: [] } })
    const seen = await everything(before)
    await before.close()

    await using after = await start(folder)
    expect(await everything(after)).toEqual(seen)
    const [contents] = await bucketAt(after.endpoint).file('ü 😀').download()
    expect(contents.toString()).toBe('ü 😀')
  })

  test('lets generations rise over restarts though the clock stands still', async () => {
    const generations: number[] = []
    for (let turn = 0; turn < 3; turn += 1) {
      await using server = await start(folder, () => 1_700_000_000_000)
      const file = bucketAt(server.endpoint).file('again')
      await file.save('x', simple)
      generations.push(Number((await file.getMetadata())[0].generation))
      await file.delete()
    }
    const [first = 0, second = 0, third = 0] = generations
    expect(first).toBeGreaterThanOrEqual(1_700_000_000_000_000)
    expect(second).toBeGreaterThan(first)
    expect(third).toBeGreaterThan(second)
  })

  test('is cleared at start of torn uploads and of contents no object names', async () => {
    const before = await start(folder)
    await bucketAt(before.endpoint).file('kept').save('kept', simple)
    await before.close()
    const kept = await objectFiles()
    await writeFile(join(folder, 'incoming', 'torn'), 'half an obj')
    await writeFile(join(folder, 'incoming', 'record.json'), '{"name":"ha')
    await writeFile(
      join(folder, 'buckets', 'staging', 'objects', 'orphan.1700000000000000'),
      'half',
    )

    await using after = await start(folder)
    expect(await incoming()).toEqual([])
    expect(await objectFiles()).toEqual(kept)
    const [files] = await bucketAt(after.endpoint).getFiles()
    expect(files.map((file) => file.name)).toEqual(['kept'])
  })

  test('keeps nothing of overwritten, deleted, refused and cut objects', async () => {
    await using server = await start(folder)
    const file = bucketAt(server.endpoint).file('x')
    await file.save('one', simple)
    await expect(file.save('two', simple)).rejects.toMatchObject({ code: 412 })
    const { generation } = (await file.getMetadata())[0]
    await file.save('two', {
      resumable: false,
      preconditionOpts: { ifGenerationMatch: Number(generation) },
    })
    await file.delete()
    await cutUpload(server, 'y')
    await expect.poll(incoming).toEqual([])
    expect(await objectFiles()).toEqual([])
  })

  test('still holds the old object when an overwrite fails at its commit', async () => {
    await using server = await start(folder)
    const file = bucketAt(server.endpoint).file('x')
    await file.save('old', simple)
    const ifGenerationMatch = Number((await file.getMetadata())[0].generation)
    const overwrite = { resumable: false, preconditionOpts: { ifGenerationMatch } }
    await mkdir(join(folder, 'incoming', 'record.json'))
    await expect(file.save('new', overwrite)).rejects.toMatchObject({ code: 500 })
    expect((await file.download())[0].toString()).toBe('old')
    await rmdir(join(folder, 'incoming', 'record.json'))
    await file.save('new', overwrite)
  })

  test('names no torn object and forgets no acknowledged one when killed', KILL_TEST, async () => {
    let acknowledged = 0
    for (let round = 1; round <= 3; round += 1) {
      await using server = await startChild(folder)
      const file = bucketAt(server.endpoint).file('counter')
      const hasLanded = Promise.withResolvers<void>()
      const writing = (async () => {
        for (let next = acknowledged + 1; ; next += 1) {
          const ifGenerationMatch = (await file.exists())[0]
            ? Number((await file.getMetadata())[0].generation)
            : 0
          await file.save(contentsOf(next), {
            resumable: false,
            preconditionOpts: { ifGenerationMatch },
          })
          acknowledged = next
          if (next % 5 === 0) hasLanded.resolve()
        }
      })()
      const dies = expect(writing).rejects.toThrow()
      await hasLanded.promise
      server.kill()
      await dies

      await using after = await start(folder)
      const survivor = bucketAt(after.endpoint).file('counter')
      const [contents] = await survivor.download()
      const [metadata] = await survivor.getMetadata()
      expect(metadata.crc32c).toBe(base64Crc32c(contents))
      // The write under way at the kill may have landed without its reply.
      const count = Number(contents.toString('utf8', 0, 8))
      expect([acknowledged, acknowledged + 1]).toContain(count)
      expect(contents.equals(contentsOf(count))).toBe(true)
      acknowledged = count
    }
  })
})

/** It starts three processes. */
const KILL_TEST = { timeout: 30_000 }

/** Half a megabyte that says which write it is, all through. */
function contentsOf(count: number): Buffer {
  return Buffer.alloc(512 * 1024, String(count).padStart(8, '0'))
}

async function everything(server: GcsServer): Promise<unknown> {
  const list = await fetch(`${server.endpoint}/storage/v1/b/staging/o`)
  const bucket = await fetch(`${server.endpoint}/storage/v1/b/staging`)
  const text = (await list.text()) + (await bucket.text())
  return text.replaceAll(server.endpoint, '')
}

async function cutUpload(server: GcsServer, name: string): Promise<void> {
  const socket = connect(server.port, '127.0.0.1').on('error', () => undefined)
  const line = `POST /upload/storage/v1/b/staging/o?uploadType=media&name=${name} HTTP/1.1`
  socket.end(`${line}\r\nhost: x\r\ncontent-length: 100\r\n\r\nnot a hundred`)
  socket.resume()
  await once(socket, 'close')
}

/** The server in a process of its own, to be killed without warning. */
async function startChild(folder: string) {
  const door = new URL('../../src/local/gcs/index.ts', import.meta.url)
  const options = JSON.stringify({ folder, port: 0, buckets: ['staging'] })
  const code = [
    `import { startGcsServer } from ${JSON.stringify(door.href)}`,
    `const server = await startGcsServer({ ...${options}, now: Date.now })`,
    'process.stdout.write(server.endpoint + "\\n")',
  ].join('\n')
  const child: ChildProcess = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const gone = once(child, 'exit')
  if (child.stdout === null) throw new Error('no stdout')
  const [endpoint]: string[] = await once(createInterface(child.stdout), 'line')
  const kill = () => child.kill('SIGKILL')
  const stop = async () => {
    kill()
    await gone
  }
  return { endpoint: endpoint ?? '', kill, [Symbol.asyncDispose]: stop }
}
