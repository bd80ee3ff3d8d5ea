import { createGcsObjectStore, createStorage, routeByPrefix } from '../adapters/gcs/index.ts'
import { createCrc32c } from '../adapters/native-crc/index.ts'
import type { Config } from '../config/index.ts'
import type { Clock, ObjectStore, Probe } from '../ports/index.ts'

/** One store over both buckets; the first part of a name says which. */
export function buildObjects(config: Config, clock: Clock, probe: Probe): ObjectStore {
  const { apiEndpoint, projectId, stagingBucket, dataBucket, ...times } = config.gcs
  const storage = createStorage({ apiEndpoint, projectId, checksum: createCrc32c })
  const bucket = (name: string) =>
    createGcsObjectStore({ storage, bucket: name, clock, probe, checksum: createCrc32c, ...times })
  return routeByPrefix({ staging: bucket(stagingBucket), data: bucket(dataBucket) })
}
