/** First come, first served; nothing is moved when the first one leaves. */
export interface Line<T> {
  readonly length: number
  first(): T | undefined
  join(one: T): void
  leave(): T | undefined
}

const SWEEP_ABOVE = 1_024

export function createLine<T>(): Line<T> {
  let places: (T | undefined)[] = []
  let head = 0
  return {
    get length() {
      return places.length - head
    },
    first: () => places[head],
    join: (one) => {
      places.push(one)
    },
    leave: () => {
      const one = places[head]
      if (head < places.length) {
        places[head] = undefined
        head += 1
      }
      if (head > SWEEP_ABOVE && head * 2 > places.length) {
        places = places.slice(head)
        head = 0
      }
      return one
    },
  }
}
