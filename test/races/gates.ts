/** Where an actor stands still until it is let on. */
export interface Gate {
  /** Resolves when as many actors as the gate waits for have come to it. */
  readonly reached: Promise<void>
  /** Lets them on, and everybody who comes later. */
  open(): void
}

interface GatedCall {
  readonly gate: GateKeeper
  readonly moment: 'before' | 'after'
  readonly when: (...args: readonly unknown[]) => boolean
}

interface GateKeeper extends Gate {
  arrive(): Promise<void>
}

/** @param actors how many stop here; the next ones pass by */
export function createGate(actors = 1): GateKeeper {
  const reached = Promise.withResolvers<void>()
  const opened = Promise.withResolvers<void>()
  let arrived = 0
  return {
    reached: reached.promise,
    open: opened.resolve,
    arrive: async () => {
      arrived += 1
      if (arrived > actors) return
      if (arrived === actors) reached.resolve()
      await opened.promise
    },
  }
}

/** A call of a port's method: actors stop just before its effect, or with its answer in hand. */
export function at<T>(
  gate: GateKeeper,
  method: keyof T,
  moment: 'before' | 'after' = 'before',
  when: (...args: readonly unknown[]) => boolean = () => true,
): readonly [keyof T, GatedCall] {
  return [method, { gate, moment, when }]
}

/** The port with gates in it; every other call goes straight through. */
export function gated<T extends object>(
  port: T,
  ...calls: readonly (readonly [keyof T, GatedCall])[]
): T {
  const byMethod = new Map<string | symbol | number, GatedCall>(calls)
  return new Proxy(port, {
    get: (target, key) => {
      const member: unknown = Reflect.get(target, key)
      const call = byMethod.get(key)
      if (typeof member !== 'function' || !call) return member
      return async (...args: readonly unknown[]) => {
        const stops = call.when(...args)
        if (stops && call.moment === 'before') await call.gate.arrive()
        const answer: unknown = await Reflect.apply(member, target, args)
        if (stops && call.moment === 'after') await call.gate.arrive()
        return answer
      }
    },
  })
}
