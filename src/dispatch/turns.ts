/** Who is at work in this process: many together, or one alone. */
export interface Turns {
  /**
   * @returns nothing when the turn is given at once, else a promise of it
   * @throws `signal.reason` when aborted while waiting; then no turn was given
   */
  take(isAlone: boolean, signal: AbortSignal): Promise<void> | undefined
  giveBack(isAlone: boolean): void
}

/**
 * A suspect runs with nothing beside it in its process, so that a death is charged to whom it is due
 * (F33). One that waits holds back whoever comes after it; once it is through, those it held back go
 * before the next suspect.
 */
export function createTurns(): Turns {
  const waiting = { alone: new Set<() => void>(), together: new Set<() => void>() }
  let together = 0
  let isOneAlone = false

  const beginTogether = () => {
    for (const begin of waiting.together) begin()
    together += waiting.together.size
    waiting.together.clear()
  }
  const beginAlone = () => {
    const [begin] = waiting.alone
    if (!begin || together > 0 || isOneAlone) return
    waiting.alone.delete(begin)
    isOneAlone = true
    begin()
  }
  const wait = async (line: Set<() => void>, signal: AbortSignal) => {
    const turn = Promise.withResolvers<void>()
    line.add(turn.resolve)
    const onAbort = () => {
      if (!line.delete(turn.resolve)) return
      turn.reject(signal.reason)
      // It may have been all that held the others back.
      if (!isOneAlone && waiting.alone.size === 0) beginTogether()
    }
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      await turn.promise
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  return {
    take: (isAlone, signal) => {
      signal.throwIfAborted()
      if (isAlone && together === 0 && !isOneAlone) {
        isOneAlone = true
        return undefined
      }
      if (isAlone) return wait(waiting.alone, signal)
      if (isOneAlone || waiting.alone.size > 0) return wait(waiting.together, signal)
      together += 1
      return undefined
    },
    giveBack: (isAlone) => {
      if (isAlone) isOneAlone = false
      else together -= 1
      if (isAlone) beginTogether()
      beginAlone()
    },
  }
}

/** @param how `onWaited` is called when others were at work first, and the turn has come */
export async function inTurn<T>(
  turns: Turns,
  how: {
    readonly isAlone: boolean
    readonly signal: AbortSignal
    readonly onWaited: () => void
  },
  work: () => Promise<T>,
): Promise<T> {
  const turn = turns.take(how.isAlone, how.signal)
  if (turn !== undefined) {
    await turn
    how.onWaited()
  }
  try {
    return await work()
  } finally {
    turns.giveBack(how.isAlone)
  }
}
