import { createMemorySpeechMeter } from '../../src/adapters/memory/speech-meter.ts'
import { createCrc32c } from '../../src/adapters/native-crc/index.ts'
import { createArchive } from '../../src/durable/index.ts'
import { createFairUse, type FairUseLimits } from '../../src/fair-use/index.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/kernel/index.ts'
import type {
  Clock,
  ObjectStore,
  SpeechMeter,
  Subscription,
  SubscriptionDirectory,
} from '../../src/ports/index.ts'
import type { Events } from '../../src/telemetry/index.ts'

export const LIMITS: FairUseLimits = {
  caps: {
    standard: { '24h': 2 * HOUR_MS, '3d': 8 * HOUR_MS, '7d': 10 * HOUR_MS },
    unlimited: { '24h': 4 * HOUR_MS, '3d': 16 * HOUR_MS, '7d': 20 * HOUR_MS },
  },
  ceilingMs: 30 * HOUR_MS,
  violationWindowMs: 7 * DAY_MS,
  violationSpacingMs: DAY_MS,
  throttleViolations: 2,
  throttleMs: 7 * DAY_MS,
  restrictViolations: 3,
  restrictMs: 30 * DAY_MS,
  restrictedDayBudgetMs: 30 * MINUTE_MS,
  meterRetentionMs: 8 * DAY_MS,
}

export interface FairUseRigOptions {
  readonly limits?: Partial<FairUseLimits>
  /** What the directory answers; the standard tier with credits unless given. */
  readonly find?: SubscriptionDirectory['find']
  readonly meter?: (meter: SpeechMeter) => SpeechMeter
}

/** Fair use on a memory meter that can be forgotten, as a flushed Redis forgets it. */
export function createFairUseRig(
  parts: { readonly clock: Clock; readonly objects: ObjectStore; readonly events: Events },
  options: FairUseRigOptions = {},
) {
  const { clock, objects, events } = parts
  const limits = { ...LIMITS, ...options.limits }
  const newMeter = () => createMemorySpeechMeter({ clock, retentionMs: limits.meterRetentionMs })
  let present = newMeter()
  const current: SpeechMeter = {
    count: (user, speech) => present.count(user, speech),
    read: (user) => present.read(user),
    restore: (user, past) => present.restore(user, past),
  }
  const meter = options.meter?.(current) ?? current
  const standard: Subscription = { tier: 'standard', hasCredits: true }
  const fairUse = createFairUse({
    ...{ clock, objects, events, limits, meter },
    random: () => 0,
    archive: createArchive({ objects, checksum: createCrc32c }),
    subscriptions: { find: options.find ?? (async () => standard) },
  })
  return {
    fairUse,
    meter,
    limits,
    flush: () => {
      present = newMeter()
    },
  }
}
