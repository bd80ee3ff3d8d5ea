import type { FaultRule } from '../../src/local/gcs/index.ts'
import type { TasksFault } from '../../src/local/tasks/index.ts'
import type { ProviderFault } from '../support/provider-faults.ts'

/** Every kind's part of all faults; together 1 for each of the four kinds of call. */
const ALWAYS = Number.MAX_SAFE_INTEGER

/** Refused, reset, done and the reply lost, late; downloads are cut, too. */
export function storeFaults(share: number): FaultRule[] {
  const rule = (part: number, effect: FaultRule): FaultRule => ({
    ...effect,
    share: part * share,
    times: ALWAYS,
  })
  return [
    rule(0.4, { operation: 'read', cutBodyAfterBytes: 100 }),
    rule(0.35, { status: 503 }),
    rule(0.15, { status: 'reset' }),
    rule(0.2, { afterCommit: 503 }),
    rule(0.15, { afterCommit: 'reset' }),
    rule(0.15, { delayMs: 700 }),
  ]
}

/** Deliveries dropped, doubled, late, cut off or misheard; calls refused, or done and the reply lost. */
export function queueFaults(share: number): TasksFault[] {
  const delivery = { on: 'delivery', times: -1 } as const
  const rpc = { on: 'rpc', times: -1 } as const
  return [
    { ...delivery, kind: 'drop', share: 0.3 * share },
    { ...delivery, kind: 'duplicate', share: 0.25 * share },
    { ...delivery, kind: 'delay', ms: 2_000, share: 0.2 * share },
    { ...delivery, kind: 'reset', afterMs: 150, share: 0.15 * share },
    { ...delivery, kind: 'answer', status: 500, share: 0.1 * share },
    { ...rpc, kind: 'error', code: 14, when: 'before', share: 0.4 * share },
    { ...rpc, kind: 'error', code: 14, when: 'after', share: 0.3 * share },
    { ...rpc, kind: 'delay', ms: 500, share: 0.2 * share },
    { ...rpc, kind: 'hang', when: 'after', share: 0.1 * share },
  ]
}

/** Busy, broken, silent, cut and lying answers of the provider. */
export function speechFaults(share: number, random: () => number): ProviderFault[] {
  const parts: readonly (readonly [number, ProviderFault])[] = [
    [0.25, { kind: 'status', status: 429, retryAfter: '1' }],
    [0.15, { kind: 'status', status: 500 }],
    [0.15, { kind: 'status', status: 503 }],
    [0.1, { kind: 'hang' }],
    [0.1, { kind: 'reset' }],
    [0.1, { kind: 'cut' }],
    [0.05, { kind: 'html-200' }],
    [0.05, { kind: 'truncated-json' }],
    [0.05, { kind: 'wrong-shape' }],
  ]
  return parts.map(([part, fault]) => ({
    ...fault,
    times: Number.POSITIVE_INFINITY,
    when: () => random() < part * share,
  }))
}
