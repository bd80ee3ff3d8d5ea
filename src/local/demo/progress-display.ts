import { styleText } from 'node:util'
import ora, { type Ora } from 'ora'
import type { Clock } from '../../ports/index.ts'

/** One thing after the other, each with its time; the running one tells how far it is. */
export interface ProgressDisplay {
  /** Runs the step; its line ends with a tick, or with a cross when it throws. */
  step<T>(title: string, work: (line: ProgressLine) => Promise<T>): Promise<T>
  /** Something worth a line of its own, also in the middle of a step. */
  note(text: string): void
}

export interface ProgressLine {
  /** @param share done of the whole, 0 to 1; without it no bar is drawn. */
  update(text: string, share?: number): void
  /** What the finished line says instead of the title. */
  title(text: string): void
}

export interface ProgressOptions {
  /** A terminal gets a moving line; anything else a plain line a change. */
  readonly output: NodeJS.WriteStream
  readonly clock: Clock
}

const BAR_CELLS = 24
const TITLE_WIDTH = 60

export function createProgressDisplay({ output, clock }: ProgressOptions): ProgressDisplay {
  const paint = (style: Parameters<typeof styleText>[0], text: string) =>
    styleText(style, text, { stream: output })
  const bar = (share: number) => {
    const full = Math.round(Math.min(1, Math.max(0, share)) * BAR_CELLS)
    return paint('cyan', '█'.repeat(full)) + paint('dim', '░'.repeat(BAR_CELLS - full))
  }
  let running: Ora | undefined
  const print = (text: string) => {
    running?.clear()
    output.write(`${text}\n`)
    running?.render()
  }
  return {
    note: (text) => print(`    ${paint('dim', text)}`),
    step: async (title, work) => {
      const startedMs = clock.monotonicMs()
      const spinner = ora({ text: title, stream: output, indent: 2, discardStdin: false }).start()
      running = spinner
      let finalTitle = title
      let shown = ''
      const end = (symbol: string) => {
        running = undefined
        const seconds = `${((clock.monotonicMs() - startedMs) / 1_000).toFixed(1)} s`
        spinner.stopAndPersist({
          symbol,
          text: `${finalTitle.padEnd(TITLE_WIDTH)} ${paint('dim', seconds)}`,
        })
      }
      const line: ProgressLine = {
        title: (text) => {
          finalTitle = text
        },
        update: (text, share) => {
          const next = share === undefined ? text : `${bar(share)} ${text}`
          if (output.isTTY) spinner.text = next
          else if (next !== shown) print(`    ${next}`)
          shown = next
        },
      }
      try {
        const result = await work(line)
        end(paint('green', '✔'))
        return result
      } catch (error) {
        end(paint('red', '✖'))
        throw error
      }
    },
  }
}
