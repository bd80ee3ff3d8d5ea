import * as z from 'zod'
import { createFileDecoder } from '../../../src/adapters/opus/index.ts'
import { recording } from '../../support/audio.ts'
import { inChunks } from '../audio/hour.ts'
import { percentile } from '../scale/results.ts'
import { createStager } from '../upload/create-stager.ts'
import { watchLoopDelays } from './loop-delays.ts'

/**
 * `node busy-stager.child.ts KIND ENDPOINT BUCKET`: asked for a round, stages files of 8 MB, four at a
 * time, while four of two minutes are decoded, and tells how late its event loop was.
 */
const [, , kind = '', endpoint = '', bucket = ''] = process.argv
const AT_ONCE = 4
const FILE_BYTES = 8 * 1_024 * 1_024
const MAX_DECODED_BYTES = 64 * 1_024 * 1_024
const THREADS = 2
const SECONDS = 120
const P99 = 0.99
const orderSchema = z.object({ round: z.int() })

const stage = createStager({ kind, endpoint, bucket, bytes: FILE_BYTES })
const decoder = createFileDecoder({ workers: THREADS })
const { body: spoken, format, seconds } = await recording('austen-leisure')
const body = Buffer.concat(Array(Math.ceil(SECONDS / seconds)).fill(spoken))
const delays = watchLoopDelays()

async function playRound(round: number) {
  const options = { maxDecodedBytes: MAX_DECODED_BYTES, signal: new AbortController().signal }
  const all = Array.from({ length: AT_ONCE }, (_, i) => i)
  const decoding = all.map(() => decoder.decode(inChunks(body), format, options))
  delays.take()
  let isDecoding = true
  const decoded = Promise.all(decoding).then(() => {
    isDecoding = false
  })
  // One file after the other on each of four ways, for as long as there is something to decode.
  const ways = all.map(async (way) => {
    for (let nth = 0; isDecoding; nth += 1) await stage(`busy/${kind}/${round}/${way}/${nth}`)
  })
  await Promise.all([decoded, ...ways])
  const taken = delays.take()
  const p99 = (late: number[]) =>
    percentile(
      late.sort((a, b) => a - b),
      P99,
    )
  return {
    lateMs: p99(taken.map(({ lateMs }) => lateMs)),
    ownMs: p99(taken.map(({ ownMs }) => ownMs)),
  }
}

process.on('message', (message) => {
  playRound(orderSchema.parse(message).round).then(
    (found) => process.send?.(found),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : error}\n`)
      process.exit(1)
    },
  )
})
process.send?.({ ready: true })
process.once('disconnect', () => process.exit(0))
