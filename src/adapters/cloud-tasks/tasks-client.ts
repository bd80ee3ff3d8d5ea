import type { CloudTasksClient } from '@google-cloud/tasks'

export interface TasksClientOptions {
  /** Host of a queue other than the real one. */
  readonly host?: string | undefined
  readonly port?: number | undefined
  /** Without TLS and without credentials. */
  readonly plaintext?: boolean | undefined
  readonly projectId?: string | undefined
}

/** The vendor's client, one a process. */
export interface TasksClient {
  /**
   * The client, loaded and authenticated at the first call: it is large, and a process that only runs
   * jobs never needs it. A failure is forgotten, so that the next call tries again.
   */
  ready(): Promise<CloudTasksClient>
  /** Ends its connections, if it ever had any. */
  close(): Promise<void>
}

export function createTasksClient(options: TasksClientOptions): TasksClient {
  let client: Promise<CloudTasksClient> | undefined
  return {
    ready: () => {
      client ??= connect(options).catch((error: unknown) => {
        client = undefined
        throw error
      })
      return client
    },
    close: async () => {
      await (await client)?.close()
    },
  }
}

async function connect(options: TasksClientOptions): Promise<CloudTasksClient> {
  const { host, port, plaintext, projectId } = options
  const { CloudTasksClient } = await import('@google-cloud/tasks')
  const client = new CloudTasksClient({
    // Host and port apart: the client does not understand them in one string.
    ...(host === undefined ? {} : { apiEndpoint: host }),
    ...(port === undefined ? {} : { port }),
    ...(projectId === undefined ? {} : { projectId }),
    ...(plaintext ? await anonymous() : {}),
  })
  // Left to the first call, a failure here would be an unhandled rejection and end the process.
  await client.initialize()
  return client
}

/** Without a client that needs no credentials, the library would look for some, the network over. */
async function anonymous() {
  const { credentials } = await import('@grpc/grpc-js')
  const { PassThroughClient } = await import('google-auth-library')
  return { sslCreds: credentials.createInsecure(), authClient: new PassThroughClient() }
}
