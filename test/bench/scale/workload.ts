/**
 * One upload as the model takes it, and what it costs. `measured` figures come from this repository's
 * benches on two shared x86-64 cores (a quiet machine is faster); a test holds the counts against the
 * real rooms. `assumed` figures are of parties that cannot be measured here.
 */
export interface Workload {
  /** Assumed: ten minutes in two files of Opus at 32 kbit/s, of which 60 % goes to speech-to-text. */
  readonly audioSeconds: number
  readonly bytes: number
  readonly files: number
  readonly segments: number
  readonly segmentSeconds: number
  /** Assumed: medians of log-normal spreads. */
  readonly uploadMs: number
  readonly uploadSpread: number
  /** Assumed, Deepgram's pre-recorded endpoint: a fixed part and 60 times real time. */
  readonly sttFixedMs: number
  readonly sttTimesRealTime: number
  readonly sttSpread: number
  /** Assumed: one call of a summary's model. */
  readonly enrichmentMs: number
  readonly enrichmentTasksPerJob: number
  /** Assumed: one small operation in the same region. */
  readonly objectMs: number
  /** Measured: audio seconds a second of one core, `npm run bench decode detect`. */
  readonly decodeTimesRealTime: number
  readonly detectTimesRealTime: number
  /** Measured: object operations of a job, by the real rooms. */
  readonly objectWrites: number
  readonly objectReads: number
  readonly stagingWrites: number
  /** Of these, one after the other: before the segments, of a segment, and at the end. */
  readonly objectsBefore: number
  readonly objectsPerSegment: number
  readonly objectsAtEnd: number
  /** Measured: scripts of a job without renewals, `npm run bench job-life`; us of one on the server. */
  readonly redisTrips: number
  readonly redisTripUs: number
  readonly redisPollUs: number
  /** Measured: `npm run bench bytes`, all keys of a job. */
  readonly redisBytesPerJob: number
  /** Assumed: how often an app asks while its job lives. */
  readonly pollIntervalMs: number
  /** Assumed: structured lines of a job's life. */
  readonly logBytesPerJob: number
}

export const WORKLOAD: Workload = {
  audioSeconds: 600,
  bytes: 2_400_000,
  files: 2,
  segments: 2,
  segmentSeconds: 180,
  uploadMs: 8_000,
  uploadSpread: 0.8,
  sttFixedMs: 1_500,
  sttTimesRealTime: 60,
  sttSpread: 0.3,
  enrichmentMs: 3_000,
  enrichmentTasksPerJob: 1,
  objectMs: 40,
  decodeTimesRealTime: 282,
  detectTimesRealTime: 670,
  objectWrites: 10,
  objectReads: 18,
  stagingWrites: 3,
  objectsBefore: 6,
  objectsPerSegment: 4,
  objectsAtEnd: 6,
  redisTrips: 9,
  redisTripUs: 100,
  redisPollUs: 15,
  redisBytesPerJob: 4_200,
  pollIntervalMs: 3_000,
  logBytesPerJob: 6_000,
}

/** ms that one thread works on a job's audio, decoding and looking for voices apart. */
export function computeMsOf(workload: Workload): {
  readonly decode: number
  readonly detect: number
} {
  const { audioSeconds, decodeTimesRealTime, detectTimesRealTime } = workload
  return {
    decode: (audioSeconds / decodeTimesRealTime) * 1_000,
    detect: (audioSeconds / detectTimesRealTime) * 1_000,
  }
}

/** ms of one call for one segment, at the median. */
export function sttMsOf({ sttFixedMs, segmentSeconds, sttTimesRealTime }: Workload): number {
  return sttFixedMs + (segmentSeconds / sttTimesRealTime) * 1_000
}

/** ms from a claim to the end where nothing waits. */
export function runMsOf(workload: Workload): number {
  const { decode, detect } = computeMsOf(workload)
  const { objectMs, objectsBefore, objectsPerSegment, objectsAtEnd } = workload
  const objects = objectsBefore + objectsPerSegment + objectsAtEnd
  return decode + detect + sttMsOf(workload) + objects * objectMs
}
