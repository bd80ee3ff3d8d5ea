import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import type { File } from '@google-cloud/storage'
import { describe, expect, test } from 'vitest'
import { createOnly, type GcsSubject, QUANTUM } from './subject.ts'

/** Nothing comes of an upload that did not end. */
export function cutUploadLaws(gcs: GcsSubject): void {
  describe('an upload cut mid-body makes no object', () => {
    const head = (file: File, framing: string) =>
      [
        `POST ${new URL(gcs.uploadUrl({ uploadType: 'multipart', name: file.name })).pathname}`,
        `?uploadType=multipart&name=${encodeURIComponent(file.name)} HTTP/1.1\r\n`,
        `host: ${new URL(gcs.endpoint).host}\r\n`,
        `content-type: multipart/related; boundary=b\r\n${framing}\r\n\r\n`,
      ].join('')
    const beginning = `--b\r\ncontent-type: application/json\r\n\r\n{}\r\n--b\r\n\r\n${'x'.repeat(9_000)}`

    test.for([
      ['content-length: 20000', beginning],
      ['transfer-encoding: chunked', `${beginning.length.toString(16)}\r\n${beginning}\r\n`],
    ] as const)('by a closed connection, %s', async ([framing, body]) => {
      const file = gcs.freshFile()
      const { hostname, port } = new URL(gcs.endpoint)
      const socket = connect(Number(port), hostname)
      socket.on('error', () => undefined).resume()
      socket.end(head(file, framing) + body)
      await once(socket, 'close')
      await expectAbsent(file)
    })

    test('by a body that ends before its closing delimiter', async () => {
      const file = gcs.freshFile()
      const answer = await fetch(gcs.uploadUrl({ uploadType: 'multipart', name: file.name }), {
        method: 'POST',
        headers: { 'content-type': 'multipart/related; boundary=b' },
        body: beginning,
      })
      expect(answer.status).toBe(400)
      await expectAbsent(file)
    })

    test.for([true, false])('by a source that fails, resumable %s', async (resumable) => {
      const file = gcs.freshFile()
      const source = Readable.from(
        (async function* () {
          yield randomBytes(QUANTUM)
          yield randomBytes(QUANTUM)
          throw new Error('the source broke')
        })(),
      )
      const sink = file.createWriteStream({ resumable, preconditionOpts: createOnly })
      await expect(pipeline(source, sink)).rejects.toThrow('the source broke')
      await expectAbsent(file)
    })

    test('refused before it was read leaves its connection to the next request', async () => {
      const file = gcs.freshFile()
      const bad = `--b\r\n\r\n{"metadata":7}\r\n--b\r\n\r\n${'x'.repeat(2_000_000)}\r\n--b--`
      const { hostname, port, host } = new URL(gcs.endpoint)
      const socket = connect(Number(port), hostname)
      socket.write(head(file, `content-length: ${bad.length}`) + bad)
      socket.write(`GET /storage/v1/b HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`)
      const answers = String(await buffer(socket))
      expect(answers.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 400', 'HTTP/1.1 200'])
    })

    /** Absent now, and still after whatever the cut left behind has had time to end. */
    async function expectAbsent(file: File) {
      expect((await file.exists())[0]).toBe(false)
      await gcs.put(gcs.freshFile(), 'a later write')
      expect((await file.exists())[0]).toBe(false)
    }
  })
}
