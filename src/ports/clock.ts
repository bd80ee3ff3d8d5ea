/** The only source of time. Tests hand in a simulated one and move it by hand. */
export interface Clock {
  /** Wall clock, epoch milliseconds. May jump. */
  now(): number
  /** Milliseconds since an arbitrary start; never runs backwards. Lease trust windows use this. */
  monotonicMs(): number
  /** Resolves after `ms`. Rejects with `signal.reason` when aborted, at once if already aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /**
   * Calls `act` once after `ms`, unless it is cancelled before. For limits that are hardly ever
   * reached: breaking a sleep off costs some 40 us, cancelling this one.
   */
  after(ms: number, act: () => void): Timer
}

export interface Timer {
  /** Without effect once it has fired. */
  cancel(): void
}
