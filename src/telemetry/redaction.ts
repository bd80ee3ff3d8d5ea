/** What may stand in a log line: facts, never credentials, payloads or vendors' long confessions. */
export type Facts = object

/** One error as it may be logged: vendors put tokens and whole payloads into their messages. */
export interface ErrorFacts {
  readonly type: string
  readonly message: string
  readonly code?: string | number
  readonly reasonCode?: string
  readonly party?: string
  /** Where it was thrown; the head of a stack repeats the message and is left out. */
  readonly frames?: readonly string[]
  readonly cause?: ErrorFacts
}

const REDACTED = '[redacted]'
const SECRET_HEADERS =
  /^(authorization|proxy-authorization|x-serverless-authorization|cookie|set-cookie|x-byok-.*)$/i
const MAX_MESSAGE_LENGTH = 300
const MAX_FRAMES = 8
const MAX_DEPTH = 6
const MAX_CAUSES = 3

/** A copy of `facts` without credentials, bytes or raw errors; `uid` stays only when told so. */
export function redactFacts(facts: Facts, rawUid: boolean): Record<string, unknown> {
  if (facts instanceof Error) return { error: errorFacts(facts) }
  return redactEntries(facts, rawUid, 0)
}

function redactEntries(facts: object, rawUid: boolean, depth: number): Record<string, unknown> {
  const clean: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(facts)) {
    if (value === undefined || (key === 'uid' && !rawUid)) continue
    clean[key] = SECRET_HEADERS.test(key) ? REDACTED : redactValue(value, rawUid, depth + 1)
  }
  return clean
}

function redactValue(value: unknown, rawUid: boolean, depth: number): unknown {
  if (typeof value === 'string') return redactTokens(value)
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Error) return errorFacts(value)
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
  if (depth >= MAX_DEPTH) return '[deeper]'
  if (Array.isArray(value)) return value.map((part) => redactValue(part, rawUid, depth + 1))
  return 'toJSON' in value ? value : redactEntries(value, rawUid, depth)
}

/** Type, safe message and place of any thrown value, its causes included. */
export function errorFacts(error: unknown, causes = MAX_CAUSES): ErrorFacts {
  if (!(error instanceof Error)) return { type: typeof error, message: safeMessage(String(error)) }
  const frames = error.stack?.match(/^ {4}at .*$/gm)?.slice(0, MAX_FRAMES)
  const [code, reasonCode, party] = ['code', 'reasonCode', 'party'].map((field): unknown =>
    Reflect.get(error, field),
  )
  return {
    type: error.name,
    message: safeMessage(error.message),
    ...(isCode(code) && { code }),
    ...(typeof reasonCode === 'string' && { reasonCode }),
    ...(typeof party === 'string' && { party }),
    ...(frames && { frames: frames.map((frame) => frame.trim()) }),
    ...(error.cause !== undefined && causes > 0 && { cause: errorFacts(error.cause, causes - 1) }),
  }
}

function isCode(code: unknown): code is string | number {
  return typeof code === 'number' || (typeof code === 'string' && code.length <= 64)
}

/** A payload quoted in braces goes, tokens go, the rest is cut short. */
function safeMessage(message: string): string {
  const opens = message.indexOf('{')
  const closes = message.lastIndexOf('}')
  const tail = closes > opens ? message.slice(closes + 1) : ''
  const text = opens < 0 ? message : `${message.slice(0, opens)}{…}${tail}`
  const safe = redactTokens(text.slice(0, MAX_MESSAGE_LENGTH * 4))
  return safe.length > MAX_MESSAGE_LENGTH ? `${safe.slice(0, MAX_MESSAGE_LENGTH)}…` : safe
}

/** What every form of a credential below begins with: most facts are words without any of it. */
const SUSPICIOUS = /eyJ|sk-|\/\/|[?&]|(?:bearer|basic|token)\s/i

function redactTokens(text: string): string {
  if (!SUSPICIOUS.test(text)) return text
  return text
    .replace(/\beyJ[\w-]{6,}(\.[\w-]*){0,2}/g, REDACTED)
    .replace(/\b(bearer|basic|token)\s+[\w.~+/=-]{16,}/gi, `$1 ${REDACTED}`)
    .replace(/\bsk-[\w-]{8,}/g, REDACTED)
    .replace(/\/\/[^/@\s]*@/g, `//${REDACTED}@`)
    .replace(/([?&][\w-]*(?:key|token|signature|credential)=)[^&\s]+/gi, `$1${REDACTED}`)
}
