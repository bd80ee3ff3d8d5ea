import {
  createMemoryConversationStore,
  createTimelineRows,
} from '../../src/adapters/memory/conversation-store.ts'
import { createMemoryObjectStore } from '../../src/adapters/memory/object-store.ts'
import { createCrc32c } from '../../src/adapters/native-crc/index.ts'
import { systemClock } from '../../src/adapters/system/system-clock.ts'
import { createTimelineStore } from '../../src/adapters/timeline/index.ts'
import { createArchive } from '../../src/durable/index.ts'
import type { ObjectStore } from '../../src/ports/index.ts'
import { conversationStoreContract } from './conversation-store.contract.ts'
import { gcsStoreAt, startGcs } from './object-store/gcs-subject.ts'

const clock = systemClock()
const timelineOver = (objects: ObjectStore) => () =>
  createTimelineStore({ objects, clock, random: Math.random })

conversationStoreContract('timeline over memory', async () => {
  const objects = createMemoryObjectStore({ clock, checksum: createCrc32c })
  return { objects, another: timelineOver(objects), close: async () => undefined }
})

conversationStoreContract('timeline over Cloud Storage, local server', async () => {
  const server = await startGcs()
  const objects = gcsStoreAt(server.endpoint, 'objects', { operationTimeoutMs: 10_000 })
  return { objects, another: timelineOver(objects), close: () => server.close() }
})

conversationStoreContract('rows in memory', async () => {
  const objects = createMemoryObjectStore({ clock, checksum: createCrc32c })
  const { readTranscript } = createArchive({ objects, checksum: createCrc32c })
  const rows = createTimelineRows()
  const another = () => createMemoryConversationStore({ rows, readTranscript })
  return { objects, another, close: async () => undefined }
})
