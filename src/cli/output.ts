import { styleText } from 'node:util'
import Table from 'cli-table3'
import { parseIso } from '../kernel/index.ts'

export type Style = Parameters<typeof styleText>[0]

/** Where a command writes: results on `out`, everything else on `err`; colours on a terminal only. */
export interface Output {
  /** Of the terminal; undefined for a pipe. */
  readonly columns: number | undefined
  line(text: string): void
  json(value: unknown): void
  note(text: string): void
  /** With `widths`, in characters, cells are broken into lines. */
  table(
    head: readonly string[],
    rows: readonly (readonly string[])[],
    widths?: readonly number[],
  ): void
  paint(style: Style, text: string): string
}

export function createOutput(out: NodeJS.WriteStream, err: NodeJS.WriteStream): Output {
  const paint = (style: Style, text: string) => styleText(style, text, { stream: out })
  const line = (text: string) => void out.write(`${text}\n`)
  return {
    columns: out.isTTY ? out.columns : undefined,
    line,
    paint,
    json: (value) => line(JSON.stringify(value)),
    note: (text) => void err.write(`${text}\n`),
    table: (head, rows, widths) => {
      const table = new Table({
        head: head.map((title) => paint('bold', title)),
        style: { head: [], border: [] },
        chars: PLAIN,
        ...(widths ? { colWidths: [...widths], wordWrap: true } : {}),
      })
      table.push(...rows.map((row) => [...row]))
      line(table.toString())
    },
  }
}

/** Columns apart by spaces, so that a line can be cut by other tools. */
const PLAIN = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '' },
  ...{ bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
  ...{ left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: ' ' },
}

const STATUS_STYLES: Readonly<Record<string, Style>> = {
  completed: 'green',
  partial_failure: 'yellow',
  failed: 'red',
  processing: 'cyan',
}

export function paintStatus(output: Output, status: string): string {
  const style = STATUS_STYLES[status]
  return style ? output.paint(style, status) : status
}

/** `42 s`, `3 min`, `5 h`, `2 d` since an instant. */
export function ageOf(iso: string, nowMs: number): string {
  const seconds = Math.max(0, Math.round((nowMs - (parseIso(iso) ?? nowMs)) / 1_000))
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`
  return seconds < 172_800
    ? `${Math.round(seconds / 3_600)} h`
    : `${Math.round(seconds / 86_400)} d`
}
