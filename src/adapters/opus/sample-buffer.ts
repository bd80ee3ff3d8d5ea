/** Samples of a file whose length nobody knows yet. */
export interface SampleBuffer {
  /** A view of `samples` new ones at the end, for the caller to fill before the next call. */
  extend(samples: number): Int16Array
  readonly length: number
  /** Everything, in memory of exactly that size; the buffer is spent. */
  take(): Int16Array<ArrayBuffer>
}

const BYTES_PER_SAMPLE = Int16Array.BYTES_PER_ELEMENT
const FIRST_BYTES = 256 * 1_024

export function createSampleBuffer(): SampleBuffer {
  let memory = new ArrayBuffer(FIRST_BYTES)
  let length = 0
  return {
    extend(samples) {
      const needed = (length + samples) * BYTES_PER_SAMPLE
      if (needed > memory.byteLength)
        memory = memory.transfer(Math.max(needed, memory.byteLength * 2))
      const view = new Int16Array(memory, length * BYTES_PER_SAMPLE, samples)
      length += samples
      return view
    },
    get length() {
      return length
    },
    take: () => new Int16Array(memory.transfer(length * BYTES_PER_SAMPLE)),
  }
}
