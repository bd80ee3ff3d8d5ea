import { Worker } from 'bullmq'

/** `node bullmq-noop.child.ts REDIS_URL QUEUE`: a worker whose jobs do nothing. */
const [, , url = '', queue = ''] = process.argv
const { hostname: host, port } = new URL(url)
const worker = new Worker(queue, async () => 'done', { connection: { host, port: Number(port) } })
worker.on('error', (error) => process.stderr.write(`${error.stack}\n`))
await worker.waitUntilReady()
process.send?.({ ready: true })
process.once('disconnect', () => process.exit(0))
