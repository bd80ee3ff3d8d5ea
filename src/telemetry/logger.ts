import { destination, type Logger as PinoLogger, pino, stdTimeFunctions } from 'pino'
import { toIso } from '../kernel/index.ts'
import { type Facts, redactFacts } from './redaction.ts'
import { traceFields } from './trace.ts'
import type { Tracer } from './tracer.ts'

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'

/** A constant message, the facts in fields: `logger.info({ jobId }, 'Upload accepted')`. */
export interface Logger {
  debug(facts: Facts, message: string): void
  info(facts: Facts, message: string): void
  warn(facts: Facts, message: string): void
  error(facts: Facts, message: string): void
  /** A logger whose every line carries `facts` too. */
  child(facts: Facts): Logger
}

export interface LoggerOptions {
  readonly level: LogLevel
  /** Where lines go; standard output by default, written before the call returns. */
  readonly destination?: { write(line: string): void } | undefined
  /** Project of the traces. */
  readonly projectId?: string | undefined
  /** Stands in every line, e.g. service and revision. */
  readonly base?: Facts
  /** Keeps the field `uid`, which is dropped everywhere otherwise. */
  readonly rawUid?: boolean
  /** Where the writing work stands: trace, job, attempt, epoch, lane. */
  readonly place?: Pick<Tracer, 'current' | 'lineFacts'>
  /** Epoch ms; the wall clock by default. */
  readonly now?: () => number
}

const SEVERITIES: Readonly<Record<string, string>> = {
  trace: 'DEBUG',
  debug: 'DEBUG',
  info: 'INFO',
  warn: 'WARNING',
  error: 'ERROR',
  fatal: 'CRITICAL',
}

/**
 * One JSON line an entry, in the field names Cloud Logging reads: `severity`, `message`, `time`
 * (RFC 3339) and the trace fields. Every line passes the redaction, whoever writes it.
 */
export function createLogger(options: LoggerOptions): Logger {
  const { now } = options
  const sink = pino(
    {
      level: options.level,
      base: {},
      messageKey: 'message',
      timestamp: now ? () => `,"time":"${toIso(now())}"` : stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ severity: SEVERITIES[label] ?? 'DEFAULT' }) },
    },
    options.destination ?? destination({ fd: 1, sync: true }),
  )
  return wrap(sink, options).child(options.base ?? {})
}

function wrap(sink: PinoLogger, options: LoggerOptions): Logger {
  const rawUid = options.rawUid === true
  const at = (level: 'debug' | 'info' | 'warn' | 'error') => (facts: Facts, message: string) => {
    if (!sink.isLevelEnabled(level)) return
    const { place, projectId } = options
    const trace = traceFields(place?.current(), projectId)
    sink[level]({ ...place?.lineFacts(), ...redactFacts(facts, rawUid), ...trace }, message)
  }
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (facts) => wrap(sink.child(redactFacts(facts, rawUid)), options),
  }
}
