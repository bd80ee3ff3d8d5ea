import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { ServiceDefinition } from '@grpc/grpc-js'
import { fromJSON } from '@grpc/proto-loader'

/**
 * The service as its own client describes it: `@google-cloud/tasks` ships the protos beside its
 * build, at a path its `exports` hide. Absent fields stay absent, so that zero and unset differ
 * wherever the protocol lets them.
 */
export function loadCloudTasksService(): ServiceDefinition {
  const entry = createRequire(import.meta.url).resolve('@google-cloud/tasks')
  const root = entry.slice(0, entry.lastIndexOf('/build/'))
  const json = JSON.parse(readFileSync(join(root, 'build', 'protos', 'protos.json'), 'utf8'))
  const definitions = fromJSON(json, { longs: Number, enums: String, defaults: false })
  const service = definitions['google.cloud.tasks.v2.CloudTasks']
  if (service === undefined) throw new Error(`no CloudTasks service in ${dirname(entry)}`)
  return service as ServiceDefinition
}
