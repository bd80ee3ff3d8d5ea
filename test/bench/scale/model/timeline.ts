/** Simulated time in ms. What falls on the same moment happens in the order it was asked for. */
export interface Timeline {
  now(): number
  after(ms: number, act: () => void): void
  /** Lets happen whatever is due up to then, and moves on to that moment. */
  run(untilMs: number): void
}

export function createTimeline(): Timeline {
  // A binary heap in three lists, by moment, then by order of asking.
  const moments: number[] = []
  const orders: number[] = []
  const acts: (() => void)[] = []
  let nowMs = 0
  let asked = 0

  const isBefore = (a: number, b: number) => {
    const [one = 0, other = 0] = [moments[a], moments[b]]
    return one < other || (one === other && (orders[a] ?? 0) < (orders[b] ?? 0))
  }
  const swap = (a: number, b: number) => {
    for (const list of [moments, orders, acts] as unknown[][]) {
      const held = list[a]
      list[a] = list[b]
      list[b] = held
    }
  }
  const rise = (from: number) => {
    for (let at = from; at > 0; ) {
      const parent = (at - 1) >> 1
      if (!isBefore(at, parent)) return
      swap(at, parent)
      at = parent
    }
  }
  const sink = () => {
    for (let at = 0; ; ) {
      const left = 2 * at + 1
      if (left >= acts.length) return
      const least = left + 1 < acts.length && isBefore(left + 1, left) ? left + 1 : left
      if (!isBefore(least, at)) return
      swap(at, least)
      at = least
    }
  }
  const takeFirst = () => {
    swap(0, acts.length - 1)
    const at = moments.pop() ?? 0
    orders.pop()
    const act = acts.pop()
    sink()
    return { at, act }
  }

  return {
    now: () => nowMs,
    after: (ms, act) => {
      moments.push(nowMs + Math.max(0, ms))
      orders.push(asked)
      acts.push(act)
      asked += 1
      rise(acts.length - 1)
    },
    run: (untilMs) => {
      while (acts.length > 0 && (moments[0] ?? 0) <= untilMs) {
        const { at, act } = takeFirst()
        nowMs = at
        act?.()
      }
      nowMs = untilMs
    },
  }
}
