import type { Clock, StoreInspector } from '../../ports/index.ts'
import { askEndpoint } from '../ask-endpoint.ts'
import { type Check, createCheck, unless } from '../finding.ts'

export interface ClockParties {
  readonly clock: Clock
  readonly store: Pick<StoreInspector, 'now'>
  /** Any route of the service that answers everybody. */
  readonly healthUrl: string
  readonly maxSkewMs: number
}

/** An instant read elsewhere, as exactly as it is known: it lay in between when we asked in between. */
export interface ForeignInstant {
  readonly who: string
  readonly earliestMs: number
  readonly latestMs: number
  readonly askedAt: number
  readonly answeredAt: number
}

/** This machine, Redis and the service agree on the time. */
export function clocksCheck({ clock, store, healthUrl, maxSkewMs }: ClockParties): Check {
  return createCheck({
    name: 'clocks',
    must: 'Redis and the service tell the time',
    mend: 'see the checks of Redis and of the task endpoints',
    inspect: async (signal) => {
      const askedAt = clock.now()
      const now = await store.now()
      const redis = { earliestMs: now, latestMs: now, askedAt, answeredAt: clock.now() }
      const { dateMs, ...times } = await askEndpoint({
        url: healthUrl,
        method: 'GET',
        clock,
        signal,
      })
      if (dateMs === undefined) throw new Error('the service answers without a Date')
      const service = { ...times, earliestMs: dateMs, latestMs: dateMs + 1_000 }
      return [
        { who: 'Redis', ...redis },
        { who: 'the service', ...service },
      ]
    },
    judge: (instants) => {
      const skews = instants.map((instant) => ({ who: instant.who, ms: skewOf(instant) }))
      return {
        found: skews.map(({ who, ms }) => `${who} ${inWords(ms)}`).join(', '),
        shortfalls: skews.flatMap(({ who, ms }) =>
          unless([
            Math.abs(ms) <= maxSkewMs,
            {
              code: 'clock_skew',
              must: `${who} and this machine differ by ${maxSkewMs / 1_000} s or less (CLAIM_STOP_MARGIN_SECONDS): tokens, leases and file names carry times`,
              mend: 'synchronise the clock of this machine (timedatectl set-ntp true, or chronyc makestep); when it is right, that of the other',
            },
          ]),
        ),
      }
    },
  })
}

/** How far the other clock is ahead at least; 0 when the two may agree. */
export function skewOf(instant: ForeignInstant): number {
  const { earliestMs, latestMs, askedAt, answeredAt } = instant
  if (latestMs < askedAt) return latestMs - askedAt
  if (earliestMs > answeredAt) return earliestMs - answeredAt
  return 0
}

function inWords(ms: number): string {
  if (ms === 0) return 'agrees'
  return `is ${(Math.abs(ms) / 1_000).toFixed(1)} s ${ms > 0 ? 'ahead' : 'behind'}`
}
