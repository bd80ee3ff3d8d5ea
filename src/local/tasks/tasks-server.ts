import type { Server as HttpServer } from 'node:http'
import { Server as GrpcServer, ServerCredentials } from '@grpc/grpc-js'
import type { Clock } from '../../ports/index.ts'
import type { TokenIssuer } from '../issuer/index.ts'
import { createControlServer } from './control-server.ts'
import { Dispatcher } from './dispatcher.ts'
import { createTasksFaults, type TasksFaults } from './faults.ts'
import { createPermissions, type Permissions } from './permissions.ts'
import type { QueueSettings } from './queue-config.ts'
import { queueRpcs } from './queue-rpcs.ts'
import { emptyStats, type TasksStats } from './stats.ts'
import { taskRpcs } from './task-rpcs.ts'
import { TaskStore } from './task-store.ts'
import { loadCloudTasksService } from './tasks-proto.ts'

export interface TasksServerOptions {
  /** Holds the journal; two servers must not share one. */
  readonly folder: string
  /** gRPC port; 0 takes a free one. */
  readonly port: number
  readonly host?: string
  readonly issuer: Pick<TokenIssuer, 'mint'>
  readonly clock: Clock
  /** How long the name of an ended task stays burnt. Default 24 h. */
  readonly tombstoneTtlMs?: number
  /** How long the name of a deleted queue stays burnt. Default 7 days. */
  readonly queueTombstoneTtlMs?: number
  /** Made at start, or given these settings where they exist. */
  readonly queues?: readonly QueueSettings[]
  /** Plain HTTP for faults and counters; none when absent. */
  readonly control?: { readonly port: number }
  /** Draws what a fault with a share strikes, in [0, 1). Default `Math.random`. */
  readonly random?: () => number
}

export interface TasksServer {
  /** For `apiEndpoint` and `port` of the client, apart. */
  readonly host: string
  readonly port: number
  readonly controlUrl: string | undefined
  readonly faults: TasksFaults
  readonly stats: TasksStats
  readonly permissions: Permissions
  /** Running deliveries are cut off and made again by the next server on this folder. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** Rejects when a port is taken or the journal cannot be read. */
export async function startTasksServer(options: TasksServerOptions): Promise<TasksServer> {
  const { clock, host = '127.0.0.1' } = options
  const stats = emptyStats()
  const faults = createTasksFaults(stats, options.random)
  const store = new TaskStore({
    folder: options.folder,
    now: () => clock.now(),
    stats,
    tombstoneTtlMs: options.tombstoneTtlMs ?? 24 * 3_600_000,
    queueTombstoneTtlMs: options.queueTombstoneTtlMs ?? 7 * 24 * 3_600_000,
  })
  for (const queue of options.queues ?? []) store.ensureQueue(queue)

  const dispatcher = new Dispatcher({ store, clock, stats, faults, issuer: options.issuer })
  const stopping = new AbortController()
  const permissions = createPermissions()
  const { signal } = stopping
  const rpcDeps = { store, dispatcher, clock, stats, faults, permissions, signal }
  const grpc = new GrpcServer()
  grpc.addService(loadCloudTasksService(), { ...queueRpcs(rpcDeps), ...taskRpcs(rpcDeps) })
  const control = options.control && createControlServer({ store, dispatcher, faults, stats })

  let closing: Promise<void> | undefined
  const stop = async () => {
    stopping.abort(new Error('tasks server closed'))
    await Promise.all([dispatcher.close(), closeGrpc(grpc), control && closeHttp(control)])
    store.close()
  }
  const close = () => (closing ??= stop())
  try {
    const port = await bindGrpc(grpc, `${host}:${options.port}`)
    const controlPort = control && (await listen(control, options.control?.port ?? 0, host))
    dispatcher.start()
    return {
      host,
      port,
      controlUrl: controlPort === undefined ? undefined : `http://${host}:${controlPort}`,
      faults,
      stats,
      permissions,
      close,
      [Symbol.asyncDispose]: close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

function bindGrpc(server: GrpcServer, address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error, port) => {
      if (error) reject(error)
      else resolve(port)
    })
  })
}

/** Open calls are cut off; resolves when the port is free. */
function closeGrpc(server: GrpcServer): Promise<void> {
  return new Promise((resolve) => {
    server.tryShutdown(() => resolve())
    server.forceShutdown()
  })
}

async function listen(server: HttpServer, port: number, host: string): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no TCP address')
  return address.port
}

function closeHttp(server: HttpServer): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
