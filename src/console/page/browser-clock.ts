/** The page's only clock. Instants are epoch ms. */
export function now(): number {
  return Date.now()
}

export function instantOf(iso: string): number {
  return Date.parse(iso)
}

/** Works now and again after each pause, never twice at once, while the tab is seen; ends by signal. */
export function repeat(work: () => Promise<void>, pauseMs: number, signal: AbortSignal): void {
  const again = async () => {
    if (signal.aborted) return
    if (document.visibilityState === 'visible') await work()
    if (!signal.aborted) setTimeout(again, pauseMs)
  }
  void again()
}
