import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import { type GcsSubject, QUANTUM, slice } from './subject.ts'

/** Resumable uploads: what a session holds, and how it goes on. */
export function sessionLaws(gcs: GcsSubject): void {
  describe('an upload session', () => {
    test('tells what it holds, goes on from there, and shows its object ever after', async () => {
      const file = gcs.freshFile()
      const contents = randomBytes(2 * QUANTUM + 5)
      const session = await gcs.openSession(file)
      const nothing = await gcs.feed(session, 'bytes */*', null)
      expect([nothing.status, nothing.headers.get('range')]).toEqual([308, null])

      const first = await gcs.feed(session, `bytes 0-${QUANTUM - 1}/*`, slice(contents, 0, QUANTUM))
      expect([first.status, first.headers.get('range')]).toEqual([308, `bytes=0-${QUANTUM - 1}`])
      const asked = await gcs.feed(session, 'bytes */*', null)
      expect([asked.status, asked.headers.get('range')]).toEqual([308, `bytes=0-${QUANTUM - 1}`])
      expect((await file.exists())[0]).toBe(false)

      const total = contents.length
      const rest = slice(contents, QUANTUM)
      const last = await gcs.feed(session, `bytes ${QUANTUM}-${total - 1}/${total}`, rest)
      expect(last.status).toBe(200)
      const again = await gcs.feed(session, 'bytes */*', null)
      expect(again.status).toBe(200)
      expect(await again.json()).toEqual(await last.json())
      expect((await file.download())[0].equals(contents)).toBe(true)
    })

    test('keeps only whole 256 KiB of a chunk that is not the last', async () => {
      const file = gcs.freshFile()
      const contents = randomBytes(QUANTUM + 1_000)
      const session = await gcs.openSession(file)
      const answer = await gcs.feed(session, `bytes 0-${QUANTUM + 999}/*`, slice(contents, 0))
      expect(answer.status).toBe(308)
      expect(answer.headers.get('range')).toBe(`bytes=0-${QUANTUM - 1}`)
    })

    test('skips bytes it already holds', async () => {
      const file = gcs.freshFile()
      const contents = randomBytes(2 * QUANTUM + 9)
      const total = contents.length
      const session = await gcs.openSession(file)
      await gcs.feed(session, `bytes 0-${QUANTUM - 1}/*`, slice(contents, 0, QUANTUM))
      const answer = await gcs.feed(session, `bytes 0-${total - 1}/${total}`, slice(contents, 0))
      expect(answer.status).toBe(200)
      expect((await file.download())[0].equals(contents)).toBe(true)
    })

    test('refuses a gap', async () => {
      const session = await gcs.openSession(gcs.freshFile())
      const range = `bytes ${QUANTUM}-${2 * QUANTUM - 1}/*`
      const answer = await gcs.feed(session, range, randomBytes(QUANTUM))
      expect(answer.ok || answer.status === 308).toBe(false)
    })

    test('ends with an open-ended request whose body ends', async () => {
      const file = gcs.freshFile()
      const contents = randomBytes(QUANTUM + 3)
      const answer = await gcs.feed(await gcs.openSession(file), 'bytes 0-*/*', slice(contents, 0))
      expect(answer.status).toBe(200)
      expect((await file.download())[0].equals(contents)).toBe(true)
    })

    test('survives a request cut mid-body with the whole 256 KiB it had', async () => {
      const file = gcs.freshFile()
      const contents = randomBytes(3 * QUANTUM)
      const session = await gcs.openSession(file)
      const socket = await beginFeeding(session, contents, QUANTUM + 500)
      socket.end()
      await once(socket, 'close')

      await expect.poll(() => holds(session)).toEqual([308, `bytes=0-${QUANTUM - 1}`])
      const rest = slice(contents, QUANTUM)
      expect((await gcs.feed(session, `bytes ${QUANTUM}-*/*`, rest)).status).toBe(200)
      expect((await file.download())[0].equals(contents)).toBe(true)
    })

    test('serves a newer request while an older one hangs', async () => {
      const file = gcs.freshFile()
      const contents = randomBytes(2 * QUANTUM)
      const session = await gcs.openSession(file)
      const hanging = await beginFeeding(session, contents, QUANTUM + 500)
      expect((await holds(session))[0]).toBe(308)
      expect((await gcs.feed(session, 'bytes 0-*/*', slice(contents, 0))).status).toBe(200)
      hanging.destroy()
      expect((await file.download())[0].equals(contents)).toBe(true)
    })

    test('is gone when cancelled, and was never there when unknown', async () => {
      const session = await gcs.openSession(gcs.freshFile())
      expect((await fetch(session, { method: 'DELETE' })).status).toBe(499)
      expect([404, 410]).toContain((await gcs.feed(session, 'bytes */*', null)).status)
      const unknown = gcs.uploadUrl({ uploadType: 'resumable', upload_id: randomUUID() })
      expect((await gcs.feed(unknown, 'bytes */*', null)).status).toBe(404)
    })

    test('checks its precondition again at its end', async () => {
      const file = gcs.freshFile()
      const sessions = [
        await gcs.openSession(file, { ifGenerationMatch: '0' }),
        await gcs.openSession(file, { ifGenerationMatch: '0' }),
      ]
      const statuses = []
      for (const session of sessions) {
        statuses.push((await gcs.feed(session, 'bytes 0-2/3', slice(Buffer.from('abc'), 0))).status)
      }
      expect(statuses).toEqual([200, 412])
    })

    async function holds(session: string) {
      const asked = await gcs.feed(session, 'bytes */*', null)
      return [asked.status, asked.headers.get('range')]
    }
  })
}

/** A PUT that announces all of `contents` and has sent `sentBytes` of it. */
async function beginFeeding(session: string, contents: Buffer, sentBytes: number): Promise<Socket> {
  const { hostname, port, pathname, search, host } = new URL(session)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => undefined).resume()
  const line = `PUT ${pathname}${search} HTTP/1.1\r\nhost: ${host}`
  const range = `content-range: bytes 0-*/*\r\ncontent-length: ${contents.length}`
  socket.write(`${line}\r\n${range}\r\n\r\n`)
  await new Promise((resolve) => socket.write(contents.subarray(0, sentBytes), resolve))
  return socket
}
