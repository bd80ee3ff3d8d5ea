import { clearLine, cursorTo } from 'node:readline'
import { stripVTControlCharacters, styleText } from 'node:util'
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

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const FRAME_MS = 80
const BAR_CELLS = 24
const TITLE_WIDTH = 60

export function createProgressDisplay({ output, clock }: ProgressOptions): ProgressDisplay {
  const paint = (style: Parameters<typeof styleText>[0], text: string) =>
    styleText(style, text, { stream: output })
  const screen = output.isTTY ? liveScreen(output, clock, paint) : plainScreen(output)
  return {
    note: (text) => screen.print(`    ${paint('dim', text)}`),
    step: async (title, work) => {
      const startedMs = clock.monotonicMs()
      let finalTitle = title
      const end = (mark: string) => {
        const seconds = `${((clock.monotonicMs() - startedMs) / 1_000).toFixed(1)} s`
        screen.print(`  ${mark} ${finalTitle.padEnd(TITLE_WIDTH)} ${paint('dim', seconds)}`)
      }
      const stop = screen.begin(title)
      try {
        const result = await work({
          title: (text) => {
            finalTitle = text
          },
          update: (text, share) =>
            screen.update(share === undefined ? text : `${bar(share, paint)} ${text}`),
        })
        await stop()
        end(paint('green', '✔'))
        return result
      } catch (error) {
        await stop()
        end(paint('red', '✖'))
        throw error
      }
    },
  }
}

type Paint = (style: Parameters<typeof styleText>[0], text: string) => string

/** Where one line is running, and finished ones stand above it. */
interface Screen {
  begin(title: string): () => Promise<void>
  update(text: string): void
  print(text: string): void
}

function plainScreen(output: NodeJS.WriteStream): Screen {
  let last = ''
  const print = (text: string) => void output.write(`${text}\n`)
  return {
    begin: (title) => {
      print(`  … ${title}`)
      return async () => undefined
    },
    update: (text) => {
      if (text !== last) print(`    ${text}`)
      last = text
    },
    print,
  }
}

function liveScreen(output: NodeJS.WriteStream, clock: Clock, paint: Paint): Screen {
  let line = ''
  const clear = () => {
    cursorTo(output, 0)
    clearLine(output, 0)
  }
  const animate = async (stopped: AbortSignal) => {
    for (let frame = 0; !stopped.aborted; frame += 1) {
      clear()
      output.write(`  ${paint('cyan', FRAMES[frame % FRAMES.length] ?? '')} ${line}`)
      await clock.sleep(FRAME_MS, stopped).catch(() => undefined)
    }
    clear()
  }
  return {
    begin: (title) => {
      line = title
      const stopping = new AbortController()
      const animation = animate(stopping.signal)
      return () => {
        stopping.abort(new Error('the step is over'))
        return animation
      }
    },
    update: (text) => {
      // A line that wraps could not be cleared as one.
      const isTooLong = stripVTControlCharacters(text).length > output.columns - 5
      line = isTooLong ? `${stripVTControlCharacters(text).slice(0, output.columns - 6)}…` : text
    },
    print: (text) => {
      clear()
      output.write(`${text}\n`)
    },
  }
}

function bar(share: number, paint: Paint): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * BAR_CELLS)
  return paint('cyan', '█'.repeat(full)) + paint('dim', '░'.repeat(BAR_CELLS - full))
}
