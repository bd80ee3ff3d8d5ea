import { randomUUID } from 'node:crypto'
import { createNaming, type Uid, type UidHash, uidSchema } from '../../src/kernel/index.ts'
import { type AppClient, createAppClient } from '../support/app-client.ts'
import { readTruth } from '../support/stored-truth.ts'
import type { JobWatch } from '../support/watch-job.ts'
import type { Subject } from './check-end.ts'
import { judgeStaging } from './judge-staging.ts'
import type { Lane, LedgerMark } from './lane.ts'
import { LANE } from './lane-environment.ts'
import type { CrashPoint } from './orders.ts'
import { fileWithGap, type SampleUpload, shortFiles } from './sample-files.ts'
import type { Scenario } from './scenarios.ts'
import type { Death } from './supervisor.ts'

export interface CellOptions {
  readonly lane: Lane
  readonly scenario: Scenario
  /** Absent: nobody dies. */
  readonly point?: CrashPoint
  /** What the upload becomes when nobody dies. */
  readonly texts?: readonly string[]
  /** Called when all that is left is to wait for a clean-up that is owed. */
  readonly onIdle?: () => void
}

/** What is known of a cell while it runs: one user, one upload, the jobs it became. */
export interface Cell {
  readonly lane: Lane
  readonly scenario: Scenario
  readonly client: AppClient
  readonly user: { readonly uid: Uid; readonly uidHash: UidHash }
  readonly uidHash: UidHash
  readonly sample: SampleUpload
  readonly texts: readonly string[] | undefined
  readonly began: LedgerMark
  readonly faults: string[]
  readonly deaths: Death[]
  readonly watches: JobWatch[]
  readonly onIdle: () => void
  /** The job that stands for the upload now. */
  subject?: Subject
  /** A request died with its process and was sent again. */
  wasCut: boolean
}

const CAPTURED_SECONDS_AGO = 1_800

export async function createCell(options: CellOptions): Promise<Cell> {
  const { lane, scenario } = options
  const uid = uidSchema.parse(`user-${randomUUID()}`)
  const uidHash = createNaming(LANE.idSecret).uidHash(uid)
  const faults: string[] = []
  const startSeconds = Math.floor(lane.clock.now() / 1_000) - CAPTURED_SECONDS_AGO
  const cell: Cell = {
    lane,
    scenario,
    client: createAppClient({ api: lane.api, uid, onLie: (lie) => void faults.push(lie) }),
    user: { uid, uidHash },
    uidHash,
    sample: await makeUpload(scenario.sample, startSeconds),
    // What is deleted at the end leaves no words to compare with.
    texts: scenario.onEnded ? undefined : options.texts,
    began: lane.mark(),
    faults,
    deaths: [],
    watches: [],
    onIdle: options.onIdle ?? (() => undefined),
    wasCut: false,
  }
  lane.witness((death) => bearWitness(cell, death))
  return cell
}

/** The world as the dead process left it. */
async function bearWitness(cell: Cell, death: Death): Promise<void> {
  cell.deaths.push(death)
  if (death.how !== 'SIGKILL') cell.faults.push(`a service process ended by itself: ${death.how}`)
  const truth = await readTruth(cell.lane, cell.uidHash)
  cell.faults.push(...judgeStaging(truth, cell.subject?.jobId))
}

function makeUpload(sample: Scenario['sample'], startSeconds: number): Promise<SampleUpload> {
  return sample === 'gap' ? fileWithGap(startSeconds) : shortFiles(startSeconds, sample)
}
