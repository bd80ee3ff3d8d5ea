/**
 * How a recording is laid out for the network. It looks at windows of 512 samples, each with the 64
 * before it, and carries a memory from window to window. A long recording is cut into up to eight
 * rows that run side by side in one call, which is three times as fast as one after the other. Each
 * row starts two seconds early, on audio of the row before, so that its memory is warm: 0.3 % of the
 * windows are judged otherwise than in one row. The layout follows from the length alone, so that
 * equal audio is judged alike whatever else runs.
 */
export const WINDOW_SAMPLES = 512
/** The network was trained with these samples of the window before: without them it hears nothing. */
export const CONTEXT_SAMPLES = 64

const MAX_ROWS = 8
/** About 30 s: shorter rows would spend their time warming up. */
const MIN_ROW_WINDOWS = 938
const WARM_UP_WINDOWS = 64
/** Windows in one call to a thread, over all rows: 16 s of audio, 0.5 MiB to copy, 0.1 s of work. */
const PIECE_WINDOWS = 512

export interface SpeechRows {
  readonly rows: number
  /** Windows of a row that count, after the warm-up. */
  readonly rowWindows: number
  readonly totalWindows: number
}

/** Consecutive windows of every row; negative ones are the warm-up. */
export interface PieceRange {
  readonly fromWindow: number
  readonly toWindow: number
}

export function layOut(totalSamples: number): SpeechRows {
  const totalWindows = Math.ceil(totalSamples / WINDOW_SAMPLES)
  const rows = Math.min(MAX_ROWS, Math.max(1, Math.floor(totalWindows / MIN_ROW_WINDOWS)))
  return { rows, rowWindows: Math.ceil(totalWindows / rows), totalWindows }
}

export function* piecesOf({ rows, rowWindows }: SpeechRows): Generator<PieceRange> {
  const step = Math.ceil(PIECE_WINDOWS / rows)
  const first = rows === 1 ? 0 : -WARM_UP_WINDOWS
  for (let fromWindow = first; fromWindow < rowWindows; fromWindow += step) {
    yield { fromWindow, toWindow: Math.min(rowWindows, fromWindow + step) }
  }
}

/** The samples of one piece, row after row, each led by its context; silence outside the recording. */
export function copyPiece(
  pcm: Int16Array,
  { rows, rowWindows }: SpeechRows,
  { fromWindow, toWindow }: PieceRange,
): Int16Array<ArrayBuffer> {
  const rowSamples = CONTEXT_SAMPLES + (toWindow - fromWindow) * WINDOW_SAMPLES
  const piece = new Int16Array(rows * rowSamples)
  for (let row = 0; row < rows; row += 1) {
    const from = (row * rowWindows + fromWindow) * WINDOW_SAMPLES - CONTEXT_SAMPLES
    const skipped = Math.max(0, -from)
    piece.set(
      pcm.subarray(from + skipped, Math.max(0, from + rowSamples)),
      row * rowSamples + skipped,
    )
  }
  return piece
}
