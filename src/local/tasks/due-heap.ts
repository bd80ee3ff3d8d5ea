interface Due {
  readonly atMs: number
  readonly name: string
}

/** Names by due time, earliest first. Entries may be outdated: who takes one checks it. */
export interface DueHeap {
  push(due: Due): void
  peek(): Due | undefined
  pop(): Due | undefined
}

export function createDueHeap(): DueHeap {
  const heap: (Due & { seq: number })[] = []
  let seq = 0

  const isBefore = (a: number, b: number): boolean => {
    const left = heap[a]
    const right = heap[b]
    if (left === undefined || right === undefined) return left !== undefined
    return left.atMs - right.atMs < 0 || (left.atMs === right.atMs && left.seq < right.seq)
  }
  const swap = (a: number, b: number): void => {
    const left = heap[a]
    const right = heap[b]
    if (left === undefined || right === undefined) return
    heap[a] = right
    heap[b] = left
  }
  const sift = (): void => {
    for (let parent = 0; ; ) {
      const child = isBefore(2 * parent + 1, 2 * parent + 2) ? 2 * parent + 1 : 2 * parent + 2
      if (!isBefore(child, parent) || child >= heap.length) return
      swap(child, parent)
      parent = child
    }
  }
  return {
    peek: () => heap[0],
    push(due) {
      let child = heap.push({ ...due, seq: seq++ }) - 1
      while (child > 0 && isBefore(child, (child - 1) >> 1)) {
        swap(child, (child - 1) >> 1)
        child = (child - 1) >> 1
      }
    },
    pop() {
      swap(0, heap.length - 1)
      const due = heap.pop()
      sift()
      return due
    },
  }
}
