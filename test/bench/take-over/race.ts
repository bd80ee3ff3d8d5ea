/** What both sides are asked for: the race is the same, the means are each one's own. */
export interface Race extends AsyncDisposable {
  /** Resolves when every job is in the hands of the worker that will die. */
  underWay(): Promise<void>
  /** SIGKILL. */
  kill(): void
  /** Milliseconds from the kill until each job is somebody else's. */
  takeOvers(): Promise<readonly number[]>
  /** Waits for the end of every job; what happened twice, or not at all. */
  faults(): Promise<readonly string[]>
}
