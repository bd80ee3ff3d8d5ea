import { createLogger, type Logger } from '../../../src/telemetry/index.ts'
import type { LoggerOptions } from '../../../src/telemetry/logger.ts'

export type LogLine = Readonly<Record<string, unknown>>

/** A logger whose lines can be read back; the clock stands still. */
export function captureLines(options: Partial<LoggerOptions> = {}): {
  logger: Logger
  lines: () => readonly LogLine[]
  text: () => string
} {
  const written: string[] = []
  const logger = createLogger({
    level: 'debug',
    destination: { write: (line) => void written.push(line) },
    now: () => Date.UTC(2026, 10, 22, 12, 0, 0, 5),
    ...options,
  })
  return {
    logger,
    lines: () => written.map((line): LogLine => JSON.parse(line)),
    text: () => written.join(''),
  }
}
