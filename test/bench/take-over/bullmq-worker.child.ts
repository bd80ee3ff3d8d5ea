import { Worker } from 'bullmq'
import * as z from 'zod'

/** `node bullmq-worker.child.ts REDIS_URL hang|finish`: works on every queue it is told of, and tells. */
const [, , url = '', behaviour] = process.argv
const { hostname: host, port } = new URL(url)
const orderSchema = z.object({ queue: z.string() })

process.on('message', (message) => {
  const { queue } = orderSchema.parse(message)
  const worker = new Worker(
    queue,
    async () => {
      process.send?.({ kind: 'active', queue })
      if (behaviour === 'hang') await new Promise(() => undefined)
    },
    { connection: { host, port: Number(port) } },
  )
  worker.on('error', (error) => process.stderr.write(`${error.stack}\n`))
  worker.waitUntilReady().then(
    () => process.send?.({ kind: 'ready', queue }),
    () => process.exit(1),
  )
})
process.once('disconnect', () => process.exit(0))
