import type { UploadMemory } from './upload-memory.ts'

/** One file's bytes in blocks of the upload memory. */
export interface HeldFile {
  /** Copies what fits. @returns the rest of the chunk, undefined when all of it is held */
  keep(chunk: Uint8Array): Uint8Array | undefined
  /** What is held, in order. */
  parts(): readonly Uint8Array[]
  /** The bytes are where they belong and no request reads them here any more. */
  giveBack(): void
  /** Ends the holding when it was not given back; harmless otherwise. */
  abandon(): void
}

export function holdFile(memory: UploadMemory, maxBytes: number): HeldFile {
  let blocks: Uint8Array[] = []
  let heldBytes = 0
  /** Into the last block. */
  let filledBytes = 0

  const room = (): Uint8Array | undefined => {
    const last = blocks.at(-1)
    if (last && filledBytes < last.byteLength) return last
    const block = memory.take()
    if (!block) return undefined
    blocks.push(block)
    filledBytes = 0
    return block
  }
  const takeAll = () => {
    const taken = blocks
    blocks = []
    return taken
  }

  return {
    keep: (chunk) => {
      let rest = chunk
      while (rest.byteLength > 0) {
        const block = heldBytes < maxBytes ? room() : undefined
        if (!block) return rest
        const bytes = Math.min(
          ...[rest.byteLength, block.byteLength - filledBytes, maxBytes - heldBytes],
        )
        block.set(rest.subarray(0, bytes), filledBytes)
        filledBytes += bytes
        heldBytes += bytes
        rest = rest.subarray(bytes)
      }
      return undefined
    },
    parts: () =>
      blocks.map((block, i) => (i < blocks.length - 1 ? block : block.subarray(0, filledBytes))),
    giveBack: () => memory.giveBack(takeAll()),
    abandon: () => memory.abandon(takeAll()),
  }
}
