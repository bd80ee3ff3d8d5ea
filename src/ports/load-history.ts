/**
 * How much there was to do, minute by minute: a ring that ages by being overwritten, so that it is
 * bounded whatever happens. A measurement, not a truth: a minute may be missing, and nothing is
 * decided by it. throws `UnavailableError` (party `redis`)
 */
export interface LoadHistory {
  /** Keeps a sample as its minute's; a later one of the same minute takes its place. */
  keep(sample: LoadSample): Promise<void>
  /** What is kept from this instant on, oldest first. */
  since(at: number): Promise<readonly LoadSample[]>
}

export interface LoadSample {
  /** Epoch ms. */
  readonly at: number
  /** Live jobs that nobody works on. */
  readonly waiting: number
  /** Live jobs under a claim, its lease lapsed or not. */
  readonly running: number
  /** When the oldest live job was accepted. */
  readonly oldestLiveAt?: number | undefined
}

/** Minutes kept: a day, about 100 KB. */
export const HISTORY_MINUTES = 1_440
