import type { Contestant, Role } from './bench.ts'

export interface Runner {
  readonly name: string
  readonly role: Role
  /** One sample, in the measure's unit. */
  readonly sample: () => Promise<number>
}

/** Once over everybody without counting: what is compiled and cached then is so for all. */
const WARM_UPS = 2

/**
 * Takes the samples in turns, each round beginning with another contestant, so that whatever else
 * the machine does falls on all alike.
 */
export async function alternate(runners: readonly Runner[], rounds: number): Promise<Contestant[]> {
  const samples = new Map<Runner, number[]>(runners.map((runner) => [runner, []]))
  for (let round = -WARM_UPS; round < rounds; round += 1) {
    for (let i = 0; i < runners.length; i += 1) {
      const runner = runners[(i + Math.max(round, 0)) % runners.length]
      if (!runner) continue
      const one = await runner.sample()
      if (round >= 0) samples.get(runner)?.push(one)
    }
  }
  return runners.map((runner) => {
    return { name: runner.name, role: runner.role, samples: samples.get(runner) ?? [] }
  })
}
