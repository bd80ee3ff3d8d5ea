import type { CloudTasksClient } from '@google-cloud/tasks'
import { lazily } from '../../kernel/index.ts'
import type { TasksClientOptions } from './connect-client.ts'

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
  const client = lazily(async () => {
    const { connectClient } = await import('./connect-client.ts')
    return connectClient(options)
  })
  return {
    ready: client.ready,
    close: async () => {
      // One that never came about has nothing to close.
      const connected = await client.begun()?.catch(() => undefined)
      await connected?.close()
    },
  }
}
