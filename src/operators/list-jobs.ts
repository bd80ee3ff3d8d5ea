import {
  inParallel,
  type JobId,
  type JobRecord,
  parseJobId,
  SHARD_COUNT,
  shardOfUid,
  type Uid,
} from '../kernel/index.ts'
import {
  compareIndexed,
  type IndexedJob,
  type IndexedState,
  type JobPageQuery,
  type JobStore,
} from '../ports/index.ts'

/** The index knows live jobs only together: of one of their two states a page is looked through. */
export type ListedState = IndexedState | 'queued' | 'processing'

export interface JobQuery {
  readonly state: ListedState
  /** Only this user's. */
  readonly uid?: Uid | undefined
  readonly lane?: JobRecord['lane'] | undefined
  readonly reasonCode?: string | undefined
  readonly before?: IndexedJob | undefined
  readonly limit: number
}

export interface JobPage {
  readonly jobs: readonly JobRecord[]
  /** Hand it back for what comes after; absent at the end. */
  readonly next?: IndexedJob
}

const PARALLEL_READS = 16
/** A filter that fits nothing ends its page here, with a cursor to go on from. */
const MOST_READ_A_PAGE = 500

/** One page of jobs, newest first, merged over the shards. Costs by the page, not by what exists. */
export async function listJobs(store: JobStore, query: JobQuery): Promise<JobPage> {
  const shards = query.uid ? [shardOfUid(query.uid)] : [...Array(SHARD_COUNT).keys()]
  const found: JobRecord[] = []
  let before = query.before
  const { limit } = query
  const state = indexOf(query.state)
  for (let read = 0; read < MOST_READ_A_PAGE; ) {
    const page = await mergedPage(store, { state, before, limit }, shards)
    const records = await inParallel(page, PARALLEL_READS, ({ jobId }) => store.read(jobId))
    for (const [at, record] of records.entries()) {
      before = page[at]
      if (record && fits(record, query)) found.push(record)
      if (found.length === limit) return before ? { jobs: found, next: before } : { jobs: found }
    }
    if (page.length < limit) return { jobs: found }
    read += page.length
  }
  return before ? { jobs: found, next: before } : { jobs: found }
}

async function mergedPage(
  store: JobStore,
  { state, before, limit }: Omit<JobPageQuery, 'shard'>,
  shards: readonly number[],
): Promise<IndexedJob[]> {
  const pages = await inParallel(shards, PARALLEL_READS, (shard) =>
    store.pageOfJobs({ shard, state, before, limit }),
  )
  return pages.flat().sort(compareIndexed).slice(0, limit)
}

function indexOf(state: ListedState): IndexedState {
  return state === 'queued' || state === 'processing' ? 'live' : state
}

/** An entry may be older than its record's last change: the record decides. */
function fits(record: JobRecord, { state, uid, lane, reasonCode }: JobQuery): boolean {
  const isLive = record.status === 'queued' || record.status === 'processing'
  return (
    (state === 'live' ? isLive : record.status === state) &&
    (uid === undefined || record.uid === uid) &&
    (lane === undefined || record.lane === lane) &&
    (reasonCode === undefined || reasonOf(record) === reasonCode)
  )
}

export function reasonOf(record: JobRecord): string | undefined {
  if ('outcome' in record) return record.outcome.reasonCode
  return 'reasonCode' in record ? record.reasonCode : undefined
}

export function encodeJobCursor({ at, jobId }: IndexedJob): string {
  return Buffer.from(`${at}/${jobId}`).toString('base64url')
}

/** @returns undefined for text that is no cursor of ours */
export function decodeJobCursor(text: string): IndexedJob | undefined {
  const [at, id] = Buffer.from(text, 'base64url').toString('utf8').split('/')
  const jobId: JobId | undefined = parseJobId(id ?? '')
  return jobId && at && /^\d{1,16}$/.test(at) ? { at: Number(at), jobId } : undefined
}
