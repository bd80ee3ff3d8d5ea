import * as z from 'zod'
import { createStager } from './create-stager.ts'

/** `node stager.child.ts KIND ENDPOINT BUCKET BYTES`: stages a file when told a name. */
const [, , kind = '', endpoint = '', bucket = '', bytes = '0'] = process.argv
const orderSchema = z.object({ name: z.string() })
const stage = createStager({ kind, endpoint, bucket, bytes: Number(bytes) })
process.on('message', (message) => {
  stage(orderSchema.parse(message).name).then(
    () => process.send?.({ ok: true }),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : error}\n`)
      process.exit(1)
    },
  )
})
process.send?.({ ready: true })
process.once('disconnect', () => process.exit(0))
