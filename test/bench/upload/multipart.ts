import { randomBytes } from 'node:crypto'
import { Agent, type OutgoingHttpHeaders, request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import * as z from 'zod'
import { alternate, type Runner } from '../alternate.ts'
import { atMost, type BenchContext, type BenchReport } from '../bench.ts'
import { cpuUsOf } from '../cpu-of.ts'
import { forkChild } from '../fork-child.ts'
import { medianOf } from '../statistics.ts'

const SERVER = new URL('./upload-server.child.ts', import.meta.url)
const MEGABYTE = 1_024 * 1_024
const FILES = 3
const FILE_BYTES = 8 * MEGABYTE
/** A sample; with fewer, what is still being compiled outweighs what is read. */
const FORMS = 5
const ROUNDS = 5
const LIMIT = 1.6
/** 70 characters, as Dart's `http` package makes it: the longer, the cheaper to look for. */
const BOUNDARY = 'dart-http-boundary-'.padEnd(70, 'Kq8zXv0Yc3WQZl1')
const helloSchema = z.object({ port: z.int() })

const KINDS: readonly (readonly [kind: string, name: string, role: Runner['role']])[] = [
  ['ours', 'sync-dispatcher, sha256 and crc32c', 'ours'],
  ['pipe', 'node pipe, body unread', 'floor'],
  ['hashed', 'node pipe with both hashes', 'floor'],
  ['busboy', '@fastify/busboy', 'part'],
  ['multer', 'multer', 'peer'],
  ['formidable', 'formidable', 'peer'],
  ['tus', '@tus/server, its own protocol', 'peer'],
  ['express', 'the body through Express', 'peer'],
]

/** G12: the CPU of reading an upload's form, nothing done with the files. */
export async function runMultipart(context: BenchContext): Promise<BenchReport> {
  await using parts = new AsyncDisposableStack()
  const body = formBody()
  const runners: Runner[] = []
  for (const [kind, name, role] of KINDS) {
    const child = await forkChild(SERVER, [kind], helloSchema)
    parts.defer(() => child.close())
    runners.push({
      name,
      role,
      sample: async () => {
        const before = cpuUsOf(child.pid)
        for (let i = 0; i < FORMS; i += 1) await post(child.hello.port, kind, body)
        await delay(20)
        return (cpuUsOf(child.pid) - before) / ((FORMS * body.byteLength) / MEGABYTE)
      },
    })
  }
  context.say(`${FORMS * FILES} files of 8 MB for each of ${runners.length}, ${ROUNDS} rounds`)
  const contestants = await alternate(runners, ROUNDS)
  const [ours, floor] = [KINDS[0]?.[1] ?? '', KINDS[1]?.[1] ?? '']
  const ratio = medianOf(contestants, ours) / medianOf(contestants, floor)
  return {
    measures: [{ what: 'a form read', unit: 'us CPU/MB', reference: floor, contestants }],
    goals: [atMost(`ours <= ${LIMIT} x the pipe`, ratio, LIMIT)],
    notes: ['Ours hashes every byte twice, as an upload needs; the others only find the files.'],
  }
}

function formBody(): Buffer {
  const file = randomBytes(FILE_BYTES)
  const parts = Array.from({ length: FILES }, (_, i) => {
    const head = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="f_${i}.bin"\r\nContent-Type: application/octet-stream\r\n\r\n`
    return [Buffer.from(head), file, Buffer.from('\r\n')]
  })
  return Buffer.concat([...parts.flat(), Buffer.from(`--${BOUNDARY}--\r\n`)])
}

function headersOf(kind: string, bytes: number): OutgoingHttpHeaders {
  if (kind !== 'tus') {
    return {
      'content-type': `multipart/form-data; boundary=${BOUNDARY}`,
      'content-length': bytes,
    }
  }
  return {
    'content-type': 'application/offset+octet-stream',
    'content-length': bytes,
    'upload-length': bytes,
    'tus-resumable': '1.0.0',
  }
}

function post(port: number, kind: string, body: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const req = request(
      {
        ...{ host: '127.0.0.1', port, method: 'POST', path: '/', agent: new Agent() },
        headers: headersOf(kind, body.byteLength),
      },
      (res) => {
        res.resume().once('end', () => {
          if (res.statusCode === 200 || res.statusCode === 201) resolve()
          else reject(new Error(`a form was answered ${res.statusCode}`))
        })
      },
    )
    req.once('error', reject)
    req.end(body)
  })
}
