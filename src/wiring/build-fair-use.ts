import { createRedisSpeechMeter, type RedisClient } from '../adapters/redis/index.ts'
import {
  createHttpSubscriptions,
  createStaticSubscriptions,
} from '../adapters/subscriptions/index.ts'
import type { Config } from '../config/index.ts'
import { createFairUse, type FairUse, type FairUseDeps } from '../fair-use/index.ts'
import type { Probe } from '../ports/index.ts'

/** Absent when fair use is off: nothing is metered, nobody is refused. */
export function buildFairUse(
  config: Config['fairUse'],
  parties: Pick<FairUseDeps, 'clock' | 'objects' | 'archive' | 'events'> & {
    readonly redis: RedisClient
    readonly probe: Probe
  },
): FairUse | undefined {
  const { isEnabled, limits, subscriptions } = config
  if (!isEnabled) return undefined
  const { unlimitedUids, url, token, timeoutMs, cacheMs } = subscriptions
  const { clock } = parties
  const bearer = token ? { token: token.reveal() } : {}
  return createFairUse({
    ...parties,
    limits,
    random: Math.random,
    meter: createRedisSpeechMeter({ ...parties, retentionMs: limits.meterRetentionMs }),
    subscriptions: url
      ? createHttpSubscriptions({ url, timeoutMs, cacheMs, clock, ...bearer })
      : createStaticSubscriptions({ unlimitedUids }),
  })
}
