import { Agent, request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { recording, toPcm16Body } from '../../support/audio.ts'
import { type Answer, type Order, orderSchema } from './messages.ts'

/** `node generator.child.ts API`: phones, in a process of their own, so that they cost the service nothing. */
const [, , api = ''] = process.argv
type UploadOrder = Extract<Order, { kind: 'uploads' }>

const PARTS = 20
const agent = new Agent({ keepAlive: true, maxSockets: 200 })
const BOUNDARY = 'the-boundary-of-a-phone'

function send(
  options: { readonly method: string; readonly path: string; readonly user: string },
  headers: Readonly<Record<string, string | number>>,
  write: (req: ReturnType<typeof request>) => Promise<void>,
): Promise<Answer> {
  const startedMs = performance.now()
  const { method, path, user } = options
  return new Promise((resolve) => {
    const broken = () => resolve({ status: 0, user, ms: performance.now() - startedMs })
    const req = request(
      `${api}${path}`,
      // A phone has a connection of its own; polls share theirs.
      {
        method,
        agent: method === 'GET' ? agent : false,
        headers: { ...headers, authorization: `Bearer dev:${user}` },
      },
      (res) => {
        const chunks: Buffer[] = []
        res.on('data', (chunk: Buffer) => chunks.push(chunk))
        res.once('error', broken)
        res.once('end', () => {
          const { code, job_id: jobId } = JSON.parse(Buffer.concat(chunks).toString() || '{}')
          const after = res.headers['retry-after']
          resolve({
            status: res.statusCode ?? 0,
            ...(typeof code === 'string' ? { code } : {}),
            ...(after === undefined ? {} : { retryAfterS: Number(after) }),
            ...(typeof jobId === 'string' ? { jobId } : {}),
            user,
            ms: performance.now() - startedMs,
          })
        })
      },
    )
    req.once('error', broken)
    write(req).catch(broken)
  })
}

/** One file for all uploads of an order: the phones' memory is not what is measured. */
async function fileOf({ speech, bytes }: UploadOrder): Promise<{ prefix: string; file: Buffer }> {
  const spoken = await recording('austen-unless')
  if (!speech) {
    const file = Buffer.from(toPcm16Body(new Int16Array(bytes >> 1)).buffer)
    return { prefix: 'audio_load_pcm16_16000_1_fs320', file }
  }
  const times = Math.max(1, Math.round(bytes / spoken.body.byteLength))
  const file = Buffer.concat(Array.from({ length: times }, () => spoken.body))
  return { prefix: spoken.namePrefix, file }
}

async function upload(
  order: UploadOrder,
  nth: number,
  { prefix, file }: Awaited<ReturnType<typeof fileOf>>,
): Promise<Answer> {
  await delay((order.spreadMs * nth) / order.count)
  const name = `${prefix}_${Math.floor(Date.now() / 1_000) - 3_600 - nth}.bin`
  const head = Buffer.from(
    `--${BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="${name}"\r\n\r\n`,
  )
  const tail = Buffer.from(`\r\n--${BOUNDARY}--\r\n`)
  const headers = {
    'content-type': `multipart/form-data; boundary=${BOUNDARY}`,
    'content-length': head.byteLength + file.byteLength + tail.byteLength,
  }
  const user = `${order.name}-${nth}`
  return send({ method: 'POST', path: '/v2/sync-local-files', user }, headers, async (req) => {
    req.write(head)
    const size = Math.ceil(file.byteLength / PARTS)
    for (let at = 0; at < file.byteLength && !req.destroyed; at += size) {
      req.write(file.subarray(at, at + size))
      await delay(order.overMs / PARTS)
    }
    req.end(tail)
  })
}

async function uploadAll(order: UploadOrder): Promise<Answer[]> {
  const file = await fileOf(order)
  return Promise.all(Array.from({ length: order.count }, (_, i) => upload(order, i, file)))
}

/** As many a second, whether or not the earlier ones were answered. */
async function poll({ jobIds, perSecond, forMs }: Extract<Order, { kind: 'polls' }>) {
  const answers: Promise<Answer>[] = []
  const startedMs = performance.now()
  for (let sent = 0, passedMs = 0; passedMs < forMs; passedMs = performance.now() - startedMs) {
    for (const due = (passedMs / 1_000) * perSecond; sent < due; sent += 1) {
      const [user = '', jobId = ''] = (jobIds[sent % jobIds.length] ?? '').split('=')
      const path = `/v2/sync-local-files/${jobId}`
      answers.push(send({ method: 'GET', path, user }, {}, async (req) => void req.end()))
    }
    await delay(10)
  }
  return Promise.all(answers)
}

let nth = 0
process.on('message', (message) => {
  const order = orderSchema.parse(message)
  const mine = nth
  nth += 1
  const work = order.kind === 'polls' ? poll(order) : uploadAll(order)
  work.then(
    (answers) => process.send?.({ nth: mine, answers }),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : error}\n`)
      process.exit(1)
    },
  )
})
process.once('disconnect', () => process.exit(0))
process.send?.({ ready: true })
