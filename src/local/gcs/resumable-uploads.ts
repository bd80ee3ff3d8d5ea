import { randomUUID } from 'node:crypto'
import { type Answer, ApiError, invalid } from './answer.ts'
import { commitUpload, objectAnswer, planUpload, type UploadPlan } from './commit-upload.ts'
import type { Disk, StoredBucket } from './disk.ts'
import type { IncomingContents } from './incoming-contents.ts'
import { checkPreconditions } from './preconditions.ts'
import { type ObjectRecord, parseUploadMetadata } from './records.ts'
import { type GcsRequest, readJson } from './request.ts'

/** What a session keeps of an unfinished upload comes in multiples of this, as with the service. */
const QUANTUM_BYTES = 256 * 1024

/** Lower: a slow upload is forgotten under many others. Higher: abandoned ones hold open files. */
const SESSION_LIMIT = 1_000

interface Session {
  id: string
  plan: UploadPlan
  incoming: IncomingContents
  /** Announced at the start; undefined when the caller did not know. */
  totalBytes: number | undefined
  finished?: ObjectRecord
  /** Ends the request that is feeding the session now. */
  dropCurrent?: () => void
  /** Settles when that request is done. */
  turn: Promise<unknown>
}

/** Upload sessions live in memory: after a restart their URI answers 404 and the caller starts anew. */
export class ResumableUploads implements AsyncDisposable {
  readonly #disk: Disk
  readonly #sessions = new Map<string, Session>()

  constructor(disk: Disk) {
    this.#disk = disk
  }

  /** Opens a session; its URI is the `location` of the answer. A lost precondition shows already. */
  async start(bucket: StoredBucket, request: GcsRequest): Promise<Answer> {
    const { headers, origin, query } = request
    const metadata = parseUploadMetadata(await readJson(request.body))
    const contentType = metadata.contentType ?? text(headers['x-upload-content-type'])
    const plan = planUpload(request, bucket, { ...metadata, contentType })
    checkPreconditions(query, bucket.objects.get(plan.name))
    const announced = text(headers['x-upload-content-length'])
    const totalBytes = announced === undefined ? undefined : Number(announced)
    const id = randomUUID()
    const incoming = await this.#disk.receive()
    this.#sessions.set(id, { id, plan, incoming, totalBytes, turn: Promise.resolve() })
    await this.#forgetOldest()
    const target = `/upload/storage/v1/b/${bucket.record.name}/o`
    const location = `${origin}${target}?uploadType=resumable&upload_id=${id}`
    return { status: 200, headers: { location, 'x-guploader-uploadid': id, 'content-length': '0' } }
  }

  /** Name of the object a session URI will make; undefined for an unknown one. */
  nameOf(uploadId: string): string | undefined {
    return this.#sessions.get(uploadId)?.plan.name
  }

  /** PUT on a session: bytes, a status query, or both ends of it. The newest request wins. */
  async feed(request: GcsRequest): Promise<Answer> {
    const session = this.#require(request)
    session.dropCurrent?.()
    const own = session.turn.then(() => this.#feedInTurn(session, request))
    session.dropCurrent = request.drop
    session.turn = Promise.allSettled([own])
    return own
  }

  /** DELETE on a session. The service answers 499. */
  async cancel(request: GcsRequest): Promise<Answer> {
    const session = this.#require(request)
    session.dropCurrent?.()
    await session.turn
    await this.#forget(session)
    return { status: 499, headers: { 'content-length': '0' } }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const session of [...this.#sessions.values()]) await this.#forget(session)
  }

  async #feedInTurn(session: Session, request: GcsRequest): Promise<Answer> {
    const { plan, incoming } = session
    if (session.finished === undefined) {
      const isWhole = await receive(session, request)
      if (!isWhole) return incomplete(incoming.size)
      try {
        session.finished = await commitUpload(plan, incoming, request.headers)
      } catch (error) {
        await this.#forget(session)
        throw error
      }
    }
    return objectAnswer(request, plan.bucket, session.finished)
  }

  #require(request: GcsRequest): Session {
    const session = this.#sessions.get(request.query.get('upload_id') ?? '')
    if (session === undefined) throw new ApiError(404, 'notFound', 'Upload session not found.')
    return session
  }

  async #forgetOldest(): Promise<void> {
    const [oldest] = this.#sessions.values()
    if (this.#sessions.size > SESSION_LIMIT && oldest !== undefined) await this.#forget(oldest)
  }

  async #forget(session: Session): Promise<void> {
    this.#sessions.delete(session.id)
    await session.incoming[Symbol.asyncDispose]()
  }
}

/**
 * Takes in one request's bytes; true when the upload is whole. Bytes already held are skipped; a
 * gap is refused. Of a request that does not end the upload, or is cut, only whole quanta are kept.
 */
async function receive(session: Session, request: GcsRequest): Promise<boolean> {
  const { incoming } = session
  const range = parseContentRange(text(request.headers['content-range']))
  const total = range.total ?? session.totalBytes
  if (range.kind === 'status') return range.total === incoming.size
  if (range.first > incoming.size) {
    const gap = `offset is ${range.first} byte(s), which exceeds already uploaded size of`
    throw new ApiError(503, 'backendError', `Invalid request. The upload ${gap} ${incoming.size}.`)
  }
  let skip = incoming.size - range.first
  let seen = 0
  let tail: Buffer[] = []
  let tailBytes = 0
  for await (const chunk of request.body) {
    seen += chunk.length
    const fresh = chunk.subarray(skip)
    skip -= chunk.length - fresh.length
    tail.push(fresh)
    tailBytes += fresh.length
    if (total !== undefined && incoming.size + tailBytes > total) throw invalid('Too many bytes.')
    if (tailBytes < QUANTUM_BYTES) continue
    const held = Buffer.concat(tail)
    const whole = tailBytes - (tailBytes % QUANTUM_BYTES)
    await incoming.append(held.subarray(0, whole))
    tail = [held.subarray(whole)]
    tailBytes -= whole
  }
  if (range.bytes !== undefined && seen !== range.bytes) throw invalid('Content-Range mismatch.')
  const isWhole =
    total === undefined ? range.bytes === undefined : incoming.size + tailBytes === total
  if (isWhole) await incoming.append(Buffer.concat(tail))
  return isWhole
}

interface ContentRange {
  kind: 'status' | 'bytes'
  first: number
  /** Announced length of this request's body; undefined: it runs to its end. */
  bytes?: number
  total?: number
}

// Forms: none, `bytes */*`, `bytes */TOTAL`, `bytes A-B/TOTAL` with `*` for B, TOTAL or both.
function parseContentRange(header: string | undefined): ContentRange {
  if (header === undefined) return { kind: 'bytes', first: 0 }
  const match = /^bytes (?:(\*)|(\d+)-(\d+|\*))\/(\d+|\*)$/.exec(header)
  if (match === null) throw invalid(`Failed to parse Content-Range header: ${header}`)
  const [, status, first, last, totalText] = match
  const total = totalText === '*' ? {} : { total: Number(totalText) }
  if (status !== undefined) return { kind: 'status', first: 0, ...total }
  const from = Number(first)
  const bytes = last === '*' ? {} : { bytes: Number(last) - from + 1 }
  return { kind: 'bytes', first: from, ...bytes, ...total }
}

function incomplete(size: number): Answer {
  const range: Record<string, string> = size > 0 ? { range: `bytes=0-${size - 1}` } : {}
  return { status: 308, headers: { ...range, 'content-length': '0' } }
}

const text = (header: string | string[] | undefined) =>
  Array.isArray(header) ? header.join(',') : header
