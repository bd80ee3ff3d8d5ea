import type { Bench } from './bench.ts'

/** Every bench by its name, in the order of the goals. */
export const BENCHES: readonly Bench[] = [
  {
    name: 'status',
    number: 'G5',
    title: 'CPU of one status poll',
    load: async () => (await import('./status/status-get.ts')).runStatusGet,
  },
  {
    name: 'take-over',
    number: 'G8',
    title: 'from the SIGKILL of a worker in mid-run to the next claim of its job, all defaults',
    load: async () => (await import('./take-over/take-over.ts')).runTakeOver,
  },
]
