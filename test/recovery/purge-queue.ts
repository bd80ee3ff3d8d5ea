import { CloudTasksClient } from '@google-cloud/tasks'
import { credentials } from '@grpc/grpc-js'
import type { Lane } from '../crash/lane.ts'
import { LANE } from '../crash/lane-environment.ts'

/** Over the queue's own protocol: every task goes, and its name stays burnt. */
export async function purgeQueue({ tasks }: Lane): Promise<void> {
  const client = new CloudTasksClient({
    apiEndpoint: tasks.host,
    port: tasks.port,
    sslCreds: credentials.createInsecure(),
    projectId: LANE.project,
  })
  try {
    await client.purgeQueue({ name: client.queuePath(LANE.project, LANE.location, LANE.queue) })
  } finally {
    await client.close()
  }
}
