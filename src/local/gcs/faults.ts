import { z } from 'zod'

/**
 * What a call is, for counters and faults. `create`: a request that may make an object (multipart,
 * media, or bytes into an upload session); `session`: opening, asking after or cancelling such a
 * session; `read`: download; `stat`: object metadata; `update`: metadata change; `bucket`: anything
 * on buckets.
 */
const GCS_OPERATIONS = [
  'create',
  'session',
  'read',
  'stat',
  'list',
  'update',
  'copy',
  'delete',
  'bucket',
] as const
export type GcsOperation = (typeof GCS_OPERATIONS)[number]

/** Calls of each kind, failed ones included; control routes are not calls. */
export type CallCounts = Record<GcsOperation, number>

export function noCalls(): CallCounts {
  const objects = { create: 0, session: 0, read: 0, stat: 0, update: 0, copy: 0, delete: 0 }
  return { ...objects, list: 0, bucket: 0 }
}

/** An error status to answer with, or the connection reset without an answer. */
const failureSchema = z.union([z.number().int().min(400).max(599), z.literal('reset')])

const faultRuleSchema = z.strictObject({
  /** Which calls: all the given ones must hold; none given means every call. */
  operation: z.enum(GCS_OPERATIONS).optional(),
  method: z.string().optional(),
  /** Regular expression on the undecoded path. */
  path: z.string().refine(isRegExp, 'not a regular expression').optional(),
  /** How the object's name begins. */
  prefix: z.string().optional(),
  /** How many matching calls are hit before the rule is spent. */
  times: z.number().int().positive().default(1),
  /** Which share of the matching calls is hit, drawn for each; the others go on to the next rule. */
  share: z.number().positive().max(1).default(1),

  /** Wait before anything else. Combines with every other effect. */
  delayMs: z.number().int().nonnegative().optional(),
  /** Fail before any effect. */
  status: failureSchema.optional(),
  /** Do it, then lose the reply. */
  afterCommit: failureSchema.optional(),
  /** Send this much of the reply's body, then end the connection. */
  cutBodyAfterBytes: z.number().int().nonnegative().optional(),
  /** How `cutBodyAfterBytes` ends it: RST, or FIN. */
  cutBy: z.enum(['reset', 'end']).default('reset'),
  /** Send this much of the reply's body, then nothing until the caller hangs up. */
  stallBodyAfterBytes: z.number().int().nonnegative().optional(),
})
export type FaultRule = z.input<typeof faultRuleSchema>
export type Fault = z.output<typeof faultRuleSchema>

export interface FaultState extends Fault {
  hits: number
}

/** Faults on request. The first rule that matches and is not spent takes the call, alone. */
export interface GcsFaults {
  /** Throws on a rule that makes no sense. */
  add(rule: FaultRule): void
  clear(): void
  /** Every rule since the last clear, spent ones included, with how often it hit. */
  list(): FaultState[]
}

export interface CallFacts {
  operation: GcsOperation
  method: string
  path: string
  objectName: string | undefined
}

/** The rules, and `take`: the fault this call shall suffer, if any; counts as one hit. */
export function createFaults(
  random: () => number = Math.random,
): GcsFaults & { take(call: CallFacts): Fault | undefined } {
  let rules: FaultState[] = []
  return {
    add: (rule) => {
      rules.push({ ...faultRuleSchema.parse(rule), hits: 0 })
    },
    clear: () => {
      rules = []
    },
    list: () => rules.map((rule) => ({ ...rule })),
    take: (call) => {
      const rule = rules.find(
        (each) =>
          each.hits < each.times &&
          matches(each, call) &&
          (each.share === 1 || random() < each.share),
      )
      if (rule !== undefined) rule.hits += 1
      return rule
    },
  }
}

/** The same from JSON; throws a ZodError. */
export function parseFaultRules(value: unknown): FaultRule[] {
  return z.array(faultRuleSchema).parse(Array.isArray(value) ? value : [value])
}

function matches(rule: Fault, call: CallFacts): boolean {
  const { operation, method, path, prefix } = rule
  if (operation !== undefined && operation !== call.operation) return false
  if (method !== undefined && method.toUpperCase() !== call.method) return false
  if (path !== undefined && !new RegExp(path).test(call.path)) return false
  return prefix === undefined || (call.objectName?.startsWith(prefix) ?? false)
}

function isRegExp(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp
  } catch {
    return false
  }
}
