/** Pushed in by events, read out by iteration; a failure overtakes what is still queued. */
export interface PartQueue<T> {
  push(item: T): void
  end(): void
  fail(error: Error): void
  items(): AsyncGenerator<T, void, undefined>
}

export function createPartQueue<T>(): PartQueue<T> {
  const queued: T[] = []
  let ended = false
  let failure: Error | undefined
  let changed = Promise.withResolvers<void>()
  const wake = () => {
    changed.resolve()
    changed = Promise.withResolvers<void>()
  }
  return {
    push: (item) => {
      queued.push(item)
      wake()
    },
    end: () => {
      ended = true
      wake()
    },
    fail: (error) => {
      failure ??= error
      wake()
    },
    items: async function* () {
      for (;;) {
        if (failure) throw failure
        const item = queued.shift()
        if (item !== undefined) yield item
        else if (ended) return
        else await changed.promise
      }
    },
  }
}
