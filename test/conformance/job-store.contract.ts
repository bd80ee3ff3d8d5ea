import { describe } from 'vitest'
import { claimingContract } from './job-store/claiming.ts'
import { creatingContract } from './job-store/creating.ts'
import { dueIndexContract } from './job-store/due-index.ts'
import { endingContract } from './job-store/ending.ts'
import { enrichingContract } from './job-store/enriching.ts'
import type { MakeJobStore } from './job-store/harness.ts'
import { watched } from './job-store/harness.ts'
import { holdingContract } from './job-store/holding.ts'
import { idempotencyKeysContract } from './job-store/idempotency-keys.ts'
import { jobIndexContract } from './job-store/job-index.ts'
import { keepingContract } from './job-store/keeping.ts'
import { newerSchemaContract } from './job-store/newer-schema.ts'
import { overridingContract } from './job-store/overriding.ts'
import { pausingContract } from './job-store/pausing.ts'
import { recoveringContract } from './job-store/recovering.ts'
import { releasingContract } from './job-store/releasing.ts'
import { settlingContract } from './job-store/settling.ts'
import { streamingContract } from './job-store/streaming.ts'
import { suspectingContract } from './job-store/suspecting.ts'
import { userSlotsContract } from './job-store/user-slots.ts'

/** What every job store keeps. After each write a status poll is held against the record. */
export function jobStoreContract(name: string, make: MakeJobStore): void {
  const makeWatched: MakeJobStore = async (retention) => {
    const harness = await make(retention)
    return { ...harness, store: watched(harness.store) }
  }
  describe(name, () => {
    creatingContract(makeWatched)
    idempotencyKeysContract(makeWatched)
    claimingContract(makeWatched)
    userSlotsContract(makeWatched)
    holdingContract(makeWatched)
    suspectingContract(makeWatched)
    streamingContract(makeWatched)
    releasingContract(makeWatched)
    keepingContract(makeWatched)
    newerSchemaContract(make)
    endingContract(makeWatched)
    settlingContract(makeWatched)
    enrichingContract(makeWatched)
    pausingContract(makeWatched)
    overridingContract(makeWatched)
    dueIndexContract(makeWatched)
    jobIndexContract(makeWatched)
    recoveringContract(makeWatched)
  })
}
