/** What the network remembers from window to window, 128 floats each. */
export interface Memory {
  readonly hidden: Float32Array
  readonly cell: Float32Array
}

/** One call to a thread: some windows of a recording, and the memory that the call before left. */
export interface DetectRequest {
  readonly windows: number
  /** 16-bit samples of the windows in order, with the context of the first in front. */
  readonly samples: Int16Array<ArrayBuffer>
  /** Absent at the start. */
  readonly memory?: Memory
  /** Shared; 1 once nobody waits for an answer any more. */
  readonly cancelled: Int32Array<SharedArrayBuffer>
}

export interface DetectReply {
  /** The probability of speech in every window. */
  readonly probabilities: Float32Array
  readonly memory: Memory
}
