import { CloudTasksClient } from '@google-cloud/tasks'
import { credentials } from '@grpc/grpc-js'
import { PassThroughClient } from 'google-auth-library'

export interface TasksClientOptions {
  /** Host of a queue other than the real one. */
  readonly host?: string | undefined
  readonly port?: number | undefined
  /** Without TLS and without credentials. */
  readonly plaintext?: boolean | undefined
  readonly projectId?: string | undefined
}

/** Loaded at the first use: these libraries are most of the service's code. */
export async function connectClient(options: TasksClientOptions): Promise<CloudTasksClient> {
  const { host, port, plaintext, projectId } = options
  const client = new CloudTasksClient({
    // Host and port apart: the client does not understand them in one string.
    ...(host === undefined ? {} : { apiEndpoint: host }),
    ...(port === undefined ? {} : { port }),
    ...(projectId === undefined ? {} : { projectId }),
    ...(plaintext ? anonymous() : {}),
  })
  // Left to the first call, a failure here would be an unhandled rejection and end the process.
  await client.initialize()
  return client
}

/** Without a client that needs no credentials, the library would look for some, the network over. */
function anonymous() {
  return { sslCreds: credentials.createInsecure(), authClient: new PassThroughClient() }
}
