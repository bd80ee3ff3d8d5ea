const BLOCK_BYTES = 256 * 1_024

/**
 * Memory in which uploads are held, so that a failed write can be repeated without the client noticing.
 * Used over and over in blocks: fresh memory for every file makes V8 collect its whole heap every
 * ten megabytes (half of staging's CPU). When it is spent a file streams through instead.
 */
export interface UploadMemory {
  /** A block with whatever was last in it; undefined when none is to be had now. Never waits. */
  take(): Uint8Array | undefined
  /** For the next upload; of blocks that nothing reads from any more. */
  giveBack(blocks: readonly Uint8Array[]): void
  /** Of blocks that a request may still be reading from: others take their place. */
  abandon(blocks: readonly Uint8Array[]): void
}

export function createUploadMemory(limitBytes: number): UploadMemory {
  const blockBytes = Math.min(BLOCK_BYTES, limitBytes)
  let placesLeft = Math.floor(limitBytes / blockBytes)
  const free: Uint8Array[] = []
  return {
    take: () => {
      if (placesLeft === 0) return undefined
      placesLeft -= 1
      return free.pop() ?? Buffer.allocUnsafeSlow(blockBytes)
    },
    giveBack: (blocks) => {
      placesLeft += blocks.length
      free.push(...blocks)
    },
    abandon: (blocks) => {
      placesLeft += blocks.length
    },
  }
}
