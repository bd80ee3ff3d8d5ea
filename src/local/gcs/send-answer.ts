import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { finished, pipeline } from 'node:stream/promises'
import type { Answer } from './answer.ts'
import type { Fault } from './faults.ts'

/** Sends the reply, or the part of it that a fault lets through. Resolves when it is over. */
export async function sendAnswer(
  res: ServerResponse,
  answer: Answer,
  fault: Fault | undefined,
): Promise<void> {
  const { status, headers = {}, body } = answer
  if (typeof body === 'string') headers['content-length'] ??= String(Buffer.byteLength(body))
  res.writeHead(status, headers)
  const allowed = fault?.cutBodyAfterBytes ?? fault?.stallBodyAfterBytes
  const source = typeof body === 'string' ? Readable.from([Buffer.from(body)]) : body
  if (source === undefined) {
    res.end()
  } else if (fault === undefined || allowed === undefined) {
    await pipeline(source, res)
  } else {
    await sendBeginning(res, source, allowed)
    if (!res.writableEnded) await breakOff(res, fault)
  }
}

/** Nothing of the reply reaches the caller: RST. */
export function resetConnection(res: ServerResponse): void {
  res.socket?.resetAndDestroy()
}

async function sendBeginning(
  res: ServerResponse,
  source: Readable,
  allowed: number,
): Promise<void> {
  res.flushHeaders()
  let left = allowed
  for await (const chunk of source) {
    const part: Buffer = chunk.subarray(0, left)
    left -= part.length
    await new Promise((resolve) => res.write(part, resolve))
    if (part.length < chunk.length || left === 0) return
  }
  res.end()
}

async function breakOff(res: ServerResponse, fault: Fault): Promise<void> {
  if (fault.cutBodyAfterBytes === undefined) {
    // Also when the caller has left already: nothing would tell of that once more.
    await finished(res)
  } else if (fault.cutBy === 'reset') {
    resetConnection(res)
  } else {
    res.socket?.end()
  }
}
