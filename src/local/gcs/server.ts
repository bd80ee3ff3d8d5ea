import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Answer, ApiError, errorAnswer, textErrorAnswer } from './answer.ts'
import { addBucket } from './buckets.ts'
import { answerControl } from './control.ts'
import { Disk } from './disk.ts'
import { type CallCounts, createFaults, type Fault, type GcsFaults, noCalls } from './faults.ts'
import { type GcsRequest, toGcsRequest } from './request.ts'
import { ResumableUploads } from './resumable-uploads.ts'
import { isDownload, routeCall } from './routes.ts'
import { resetConnection, sendAnswer } from './send-answer.ts'

export interface GcsServerOptions {
  /** Everything the server keeps; made when missing. One server at a time. */
  folder: string
  /** 0 takes any free port. */
  port: number
  /** Default `127.0.0.1`. */
  host?: string
  /** Buckets that shall exist; those that already do are left as they are, but for named settings. */
  buckets?: readonly (string | BucketOptions)[]
  /** Epoch ms, for timestamps and as the floor of generations. */
  now: () => number
  /** Draws which calls a fault rule with a share hits, in [0, 1). Default `Math.random`. */
  random?: () => number
}

export interface BucketOptions {
  readonly name: string
  /** As a bucket resource of the JSON API has them: `lifecycle`, `softDeletePolicy`, … */
  readonly settings: Record<string, unknown>
}

export interface GcsServer extends AsyncDisposable {
  /** What the client takes as `apiEndpoint`. */
  readonly endpoint: string
  readonly port: number
  readonly faults: GcsFaults
  /** Calls so far, failed ones included: a live view. */
  readonly calls: Readonly<CallCounts>
  /** Permissions that testPermissions leaves out from now on, such as `storage.objects.delete`. */
  readonly denied: Set<string>
  /** Ends every connection; resolves when the folder is at rest and may be opened again. */
  close(): Promise<void>
}

/**
 * Long enough that no client meets a connection we are just closing as idle, which it would see
 * as a reset no fault had asked for.
 */
const KEEP_ALIVE_MS = 600_000

export async function startGcsServer(options: GcsServerOptions): Promise<GcsServer> {
  const { host = '127.0.0.1' } = options
  const disk = new Disk(options)
  for (const wanted of options.buckets ?? []) ensureBucket(disk, wanted)
  const denied = new Set<string>()
  const uploads = new ResumableUploads(disk)
  const faults = createFaults(options.random)
  const calls = noCalls()
  const closing = new AbortController()
  const underway = new Set<Promise<void>>()
  const service: Service = { disk, uploads, faults, calls, denied, signal: closing.signal }

  const server = createServer(
    { keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: 0 },
    (req, res) => {
      const exchange = serve(service, req, res).finally(() => underway.delete(exchange))
      underway.add(exchange)
    },
  )
  const port = await listen(server, options.port, host)

  const close = async () => {
    const closed = new Promise((resolve) => server.close(resolve))
    closing.abort()
    server.closeAllConnections()
    await Promise.all([closed, ...underway])
    await uploads[Symbol.asyncDispose]()
  }
  return {
    endpoint: `http://${host}:${port}`,
    port,
    faults,
    calls,
    denied,
    close,
    [Symbol.asyncDispose]: close,
  }
}

function ensureBucket(disk: Disk, wanted: string | BucketOptions): void {
  const { name, settings } = typeof wanted === 'string' ? { name: wanted } : wanted
  const bucket = disk.bucket(name)
  if (bucket === undefined) addBucket(disk, name, settings)
  else if (settings) disk.updateBucket(bucket, { ...bucket.record.settings, ...settings })
}

interface Service {
  disk: Disk
  uploads: ResumableUploads
  faults: ReturnType<typeof createFaults>
  calls: CallCounts
  denied: ReadonlySet<string>
  signal: AbortSignal
}

async function serve(service: Service, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const request = toGcsRequest(req)
  try {
    const { answer, fault } = await answerCall(service, request)
    if (answer === 'reset') resetConnection(res)
    else await sendAnswer(res, answer, fault)
  } catch {
    // Either end has left, or the reply broke halfway: only the connection is left to end.
    res.destroy()
  } finally {
    // An unread rest would block the connection for the next request.
    await request.body.return(undefined)
    req.resume()
  }
}

interface Outcome {
  answer: Answer | 'reset'
  fault?: Fault | undefined
}

async function answerCall(service: Service, request: GcsRequest): Promise<Outcome> {
  const { faults, calls, signal } = service
  try {
    const control = await answerControl({ faults, calls }, request)
    if (control !== undefined) return { answer: control }
    const call = routeCall(service, request)
    const { operation, objectName } = call
    calls[operation] += 1
    const fault = faults.take({ operation, objectName, method: request.method, path: request.path })
    if (fault?.delayMs !== undefined) await sleep(fault.delayMs, undefined, { signal })
    if (fault?.status !== undefined) return { answer: failure(fault.status) }
    const answer = await call.run().catch((error: unknown) => refusal(error, request))
    if (fault?.afterCommit === undefined) return { answer, fault }
    if (typeof answer.body === 'object') answer.body.destroy()
    return { answer: failure(fault.afterCommit) }
  } catch (error) {
    return { answer: refusal(error, request) }
  }
}

function refusal(error: unknown, request: GcsRequest): Answer {
  const known = error instanceof ApiError ? error : new ApiError(500, 'backendError', String(error))
  return isDownload(request) ? textErrorAnswer(known) : errorAnswer(known)
}

function failure(status: number | 'reset'): Answer | 'reset' {
  if (status === 'reset') return status
  return errorAnswer(new ApiError(status, 'backendError', 'A fault was asked for.'))
}

function listen(server: ReturnType<typeof createServer>, port: number, host: string) {
  return new Promise<number>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      const address = server.address()
      if (typeof address === 'object' && address !== null) resolve(address.port)
      else reject(new Error(`No TCP address: ${address}`))
    })
  })
}
