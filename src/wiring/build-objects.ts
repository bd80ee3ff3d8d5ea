import { createCrc32c } from '../adapters/native-crc/index.ts'
import type { Config } from '../config/index.ts'
import { lazily } from '../kernel/index.ts'
import type { Clock, ObjectStore, Probe } from '../ports/index.ts'
import { objectStoreLater } from './load-later.ts'

/** Both buckets as one store, and the promise of its client for whoever has time to load it. */
export function buildObjects(config: Config['gcs'], clock: Clock, probe: Probe) {
  const store = lazily(() => openBuckets(config, clock, probe))
  return { objects: objectStoreLater(store), warmObjects: store.ready }
}

async function openBuckets(
  config: Config['gcs'],
  clock: Clock,
  probe: Probe,
): Promise<ObjectStore> {
  const { apiEndpoint, projectId, stagingBucket, dataBucket, ...times } = config
  const vendor = await import('../adapters/gcs/index.ts')
  const storage = vendor.createStorage({ apiEndpoint, projectId, checksum: createCrc32c })
  const parts = { storage, clock, probe, checksum: createCrc32c, ...times }
  const bucket = (name: string) => vendor.createGcsObjectStore({ ...parts, bucket: name })
  return vendor.routeByPrefix({ staging: bucket(stagingBucket), data: bucket(dataBucket) })
}
