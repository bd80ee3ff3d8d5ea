/** What goes wrong with a method of a port, and how often. */
export interface PortFault<T> {
  readonly on: keyof T
  /** How many calls are hit, counted from the first that `when` lets through. Default 1. */
  readonly times?: number
  /** What is thrown; made anew for each call when a function. */
  readonly error: unknown
  /** Have the effect first, then throw: the lost reply. */
  readonly after?: boolean
  /** Only calls with such arguments. */
  readonly when?: (...args: readonly unknown[]) => boolean
}

/**
 * A port with a fault in it; every other call goes through. Methods answer with a promise, or with
 * an async iterable, which then fails at its first step (or, `after`, at its end).
 */
export function failing<T extends object>(port: T, ...faults: readonly PortFault<T>[]): T {
  const left = new Map(faults.map((fault) => [fault, fault.times ?? 1]))
  const take = (key: string | symbol, args: readonly unknown[]) => {
    const fault = faults.find(
      (each) => each.on === key && (left.get(each) ?? 0) > 0 && (each.when?.(...args) ?? true),
    )
    if (fault) left.set(fault, (left.get(fault) ?? 0) - 1)
    return fault
  }
  return new Proxy(port, {
    get: (target, key) => {
      const member: unknown = Reflect.get(target, key)
      if (typeof member !== 'function') return member
      return (...args: readonly unknown[]) => {
        const fault = take(key, args)
        const call = (): unknown => Reflect.apply(member, target, args)
        return fault ? struck(fault, call) : call()
      }
    },
  })
}

function struck<T>(fault: PortFault<T>, call: () => unknown): unknown {
  const result = fault.after ? call() : undefined
  const fail = () => {
    throw typeof fault.error === 'function' ? fault.error() : fault.error
  }
  if (!fault.after) return bothWays(fail)
  if (!isAsyncIterable(result)) return Promise.resolve(result).then(fail)
  return (async function* () {
    yield* result
    fail()
  })()
}

/** Rejects when awaited and fails when iterated: the method was never called to see which it is. */
function bothWays(fail: () => never): unknown {
  const rejected = Promise.resolve().then(fail)
  // Iterated instead of awaited, it would count as a rejection nobody handles.
  rejected.catch(() => undefined)
  return Object.assign(rejected, {
    [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve().then(fail) }),
  })
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}
