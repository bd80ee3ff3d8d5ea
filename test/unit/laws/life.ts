import { UnavailableError } from '../../../src/kernel/index.ts'
import type { Clock } from '../../../src/ports/index.ts'

export type Party = 'gcs' | 'redis' | 'tasks' | 'stt'

/** What befalls one call that a process makes of the world. */
export type Trouble =
  /** The process dies; its call has had its effect, or never will. */
  | { readonly kind: 'crash'; readonly moment: 'before' | 'after' }
  /** The call fails; it had no effect, had it, or has it only later. */
  | { readonly kind: 'error'; readonly moment: 'before' | 'after' }
  | { readonly kind: 'late'; readonly ms: number }
  /** The way there or the way back takes long. */
  | { readonly kind: 'slow'; readonly moment: 'before' | 'after'; readonly ms: number }
  /** The process stands still with the answer in its hands. */
  | { readonly kind: 'freeze'; readonly ms: number }
  /** The client of every upload under way goes away. */
  | { readonly kind: 'hangup' }

/** A trouble on its way. */
export interface ArmedTrouble {
  readonly trouble: Trouble
  /** Calls that go well before; of this seam only, when one is named. */
  readonly after: number
  readonly seam?: Seam | undefined
}

/** Calls worth naming: a method of a store, or what is done to an object of one kind. */
export const SEAMS = [
  ...['create', 'claim', 'renew', 'mark', 'requeue', 'snooze', 'continueNext', 'beginEnding'],
  ...['finalize', 'settle', 'overrideGeneration', 'overrideEnding', 'read', 'due'],
  ...['postpone', 'keepDue', 'beginPass', 'beginSweep', 'endSweep', 'confirmShard'],
  ...['create staging', 'create plans', 'create transcripts', 'create outcomes', 'create task'],
  ...['read staging', 'read outcomes', 'read transcripts', 'replace timelines', 'delete staging'],
] as const
export type Seam = (typeof SEAMS)[number]

/** One process: what it asks of the world passes here, until it dies. */
export interface Life {
  readonly clock: Clock
  readonly isAlive: boolean
  /** Meets its call when that comes. */
  arm(armed: ArmedTrouble): void
  /** Every call to this party fails until then. */
  cutOff(party: Party, forMs: number, moment: 'before' | 'after'): void
  /** Nothing goes on in this process for so long; the world does not wait. */
  freeze(forMs: number): void
  setClockOff(byMs: number): void
  /** Whatever was to befall it, will not. */
  heal(): void
  readonly calls: number
  kill(): void
  through<T>(party: Party, seam: string, run: () => Promise<T>): Promise<T>
  /** The same port, asked by this process. */
  wrap<T extends object>(party: Party, port: T): T
}

export function createLife(world: Clock, on: { died(): void; hangup(): void }): Life {
  const armed: { seam: string | undefined; left: number; trouble: Trouble }[] = []
  const outages = new Map<Party, { untilMs: number; moment: 'before' | 'after' }>()
  let alive = true
  let calls = 0
  let clockOffMs = 0
  let thaw: PromiseWithResolvers<void> | undefined

  const kill = () => {
    if (!alive) return
    alive = false
    on.died()
  }
  /** Resolves while the process runs, waits while it is frozen, and never comes back from death. */
  const breathing = async () => {
    while (alive && thaw) await thaw.promise
    if (!alive) await never()
  }
  const troubleOf = (party: Party, seam: string): Trouble | undefined => {
    let met: (typeof armed)[number] | undefined
    for (const each of armed) {
      if (each.seam !== undefined && each.seam !== seam) continue
      each.left -= 1
      if (each.left < 0) met ??= each
    }
    if (met) {
      armed.splice(armed.indexOf(met), 1)
      return met.trouble
    }
    const outage = outages.get(party)
    if (!outage || world.monotonicMs() >= outage.untilMs) return undefined
    return { kind: 'error', moment: outage.moment }
  }

  const freeze = (forMs: number) => {
    if (thaw) return
    const frozen = Promise.withResolvers<void>()
    thaw = frozen
    void world.sleep(forMs).then(() => {
      if (thaw === frozen) thaw = undefined
      frozen.resolve()
    })
  }

  async function through<T>(party: Party, seam: string, run: () => Promise<T>): Promise<T> {
    if (!alive || thaw) await breathing()
    calls += 1
    const trouble = troubleOf(party, seam)
    const value = trouble ? await meet(trouble, party, run) : await run()
    if (!alive || thaw) await breathing()
    return value
  }

  async function meet<T>(trouble: Trouble, party: Party, run: () => Promise<T>): Promise<T> {
    switch (trouble.kind) {
      case 'hangup':
        on.hangup()
        return run()
      case 'crash':
        if (trouble.moment === 'after') await run()
        kill()
        return never()
      case 'freeze': {
        const value = await run()
        freeze(trouble.ms)
        return value
      }
      case 'slow': {
        if (trouble.moment === 'before') await world.sleep(trouble.ms)
        const value = await run()
        if (trouble.moment === 'after') await world.sleep(trouble.ms)
        return value
      }
      case 'late':
        void world.sleep(trouble.ms).then(run).then(ignore, ignore)
        throw failureOf(party)
      case 'error':
        if (trouble.moment === 'after') await run()
        throw failureOf(party)
    }
  }

  return {
    clock: {
      now: () => world.now() + clockOffMs,
      monotonicMs: world.monotonicMs,
      sleep: async (ms, signal) => {
        if (!alive || thaw) await breathing()
        try {
          await world.sleep(ms, signal)
        } finally {
          if (!alive || thaw) await breathing()
        }
      },
      after: (ms, act) => world.after(ms, () => void breathing().then(act)),
    },
    get calls() {
      return calls
    },
    get isAlive() {
      return alive
    },
    arm: ({ seam, after, trouble }) => void armed.push({ seam, left: after, trouble }),
    cutOff: (party, forMs, moment) =>
      void outages.set(party, { untilMs: world.monotonicMs() + forMs, moment }),
    freeze,
    setClockOff: (byMs) => {
      clockOffMs = byMs
    },
    heal: () => {
      armed.length = 0
      outages.clear()
      clockOffMs = 0
      thaw?.resolve()
      thaw = undefined
    },
    kill,
    through,
    wrap: (party, port) => wrapPort(port, (seam, run) => through(party, seam, run)),
  }
}

/** Anew each time: who waits for it must be forgotten with it. */
const never = () => new Promise<never>(() => undefined)
const ignore = () => undefined

function failureOf(party: Party): Error {
  return new UnavailableError('the model says so', { party })
}

function wrapPort<T extends object>(
  port: T,
  through: <R>(seam: string, run: () => Promise<R>) => Promise<R>,
): T {
  const wrapped = new Map<string | symbol, unknown>()
  const wrapMethod = (key: string | symbol, member: (...args: readonly unknown[]) => unknown) =>
    key === 'openRead'
      ? async function* (...args: readonly unknown[]) {
          yield* await through('openRead', async () =>
            asIterable(Reflect.apply(member, port, args)),
          )
        }
      : (...args: readonly unknown[]) =>
          through(seamOf(key, args), async () => Reflect.apply(member, port, args) as unknown)
  return new Proxy(port, {
    get: (target, key) => {
      const known = wrapped.get(key)
      if (known) return known
      const member: unknown = Reflect.get(target, key)
      if (typeof member !== 'function') return member
      const method = wrapMethod(key, (...args) => Reflect.apply(member, target, args))
      wrapped.set(key, method)
      return method
    },
  })
}

function asIterable(value: unknown): AsyncIterable<unknown> {
  if (typeof value === 'object' && value !== null && Symbol.asyncIterator in value) {
    return value as AsyncIterable<unknown>
  }
  throw new Error('a body that cannot be read')
}

function seamOf(method: string | symbol, [first]: readonly unknown[]): string {
  if (typeof first === 'string' && first.includes('/')) {
    return `${String(method)} ${first.slice(0, first.indexOf('/'))}`
  }
  const isTask = typeof first === 'object' && first !== null && 'payload' in first
  return isTask ? 'create task' : String(method)
}
