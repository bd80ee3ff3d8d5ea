import { inParallel } from '../kernel/index.ts'
import type { Clock } from '../ports/index.ts'
import type { Check, Finding } from './finding.ts'

export interface Diagnosis {
  readonly healthy: boolean
  readonly findings: readonly NamedFinding[]
}

export type NamedFinding = Finding & { readonly check: string }

export interface DiagnoseOptions {
  /** Looked at side by side. */
  readonly checks: readonly Check[]
  /** Looked at after the others: it loads what they measure. */
  readonly last?: Check | undefined
  readonly clock: Clock
  /** For each of the checks; the last one has limits of its own. */
  readonly checkTimeoutMs: number
  readonly signal: AbortSignal
}

/** Few at once: a latency measured beside a dozen other calls would be theirs. */
const PARALLEL = 4

/** Every check, in the order given. */
export async function diagnose(options: DiagnoseOptions): Promise<Diagnosis> {
  const { checks, last, signal } = options
  const findings = await inParallel(checks, PARALLEL, async (check) => ({
    check: check.name,
    ...(await lookInTime(options, check)),
  }))
  if (last) findings.push({ check: last.name, ...(await last.look(signal)) })
  return { healthy: findings.every(({ verdict }) => verdict === 'ok'), findings }
}

async function lookInTime(
  { clock, checkTimeoutMs, signal }: DiagnoseOptions,
  check: Check,
): Promise<Finding> {
  const over = new AbortController()
  const ended = new AbortController()
  const late = clock.sleep(checkTimeoutMs, ended.signal).then(
    (): Finding => {
      over.abort(new Error('no answer in time'))
      return {
        verdict: 'unknown',
        error: `no answer within ${Math.round(checkTimeoutMs / 1_000)} s`,
        must: 'it answers',
        mend: 'look whether it is up, and reachable from where this runs',
      }
    },
    () => new Promise<Finding>(() => undefined),
  )
  try {
    return await Promise.race([check.look(AbortSignal.any([over.signal, signal])), late])
  } finally {
    ended.abort()
  }
}
