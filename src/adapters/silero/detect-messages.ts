/** One call to a thread: some windows of every row, and the memory that the call before left. */
export interface DetectRequest {
  readonly rows: number
  readonly windows: number
  /** 16-bit samples, row after row, each with its context in front. */
  readonly samples: Int16Array<ArrayBuffer>
  /** The network's memory, [2, rows, 128]; absent at the start. */
  readonly memory?: Float32Array
  /** Shared; 1 once nobody waits for an answer any more. */
  readonly cancelled: Int32Array<SharedArrayBuffer>
}

export interface DetectReply {
  /** Window by window: the probability of speech in every row. */
  readonly probabilities: Float32Array
  readonly memory: Float32Array
}
