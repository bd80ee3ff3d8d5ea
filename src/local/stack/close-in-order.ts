/** Ends started things in the reverse of their order, once, all of them whatever fails. */
export function closeInOrder() {
  const closers: (() => Promise<void>)[] = []
  let closing: Promise<void> | undefined
  const closeAll = async () => {
    const failures: unknown[] = []
    for (const close of closers.toReversed()) {
      await close().catch((error: unknown) => void failures.push(error))
    }
    if (failures.length > 0) throw new AggregateError(failures, 'the stack did not close cleanly')
  }
  return {
    /** Started after everything else so far: ended before it. */
    last: (close: () => Promise<void>) => void closers.push(close),
    close: (): Promise<void> => (closing ??= closeAll()),
  }
}
