import { describe, expect, test } from 'vitest'
import type { ObjectStore } from '../../../src/ports/index.ts'
import { toneName, tones } from '../../support/tones.ts'
import { createWorld } from '../../support/world.ts'
import { type Deployment, deployedByDefault, queueOf } from './deployment.ts'
import { createChance } from './model/chance.ts'
import { createGauge } from './model/gauge.ts'
import { createStation } from './model/station.ts'
import { createTimeline } from './model/timeline.ts'
import { percentile } from './results.ts'
import { type Findings, type Story, simulate } from './simulate.ts'
import { climb, firstWall, HEADROOM, WALLS } from './walls.ts'
import { WORKLOAD } from './workload.ts'

const deployed = await deployedByDefault()

function story(more: Partial<Story> = {}): Story {
  return {
    ...{ deployment: deployed, workload: WORKLOAD, uploadsPerMinute: 120, users: 1_200 },
    ...{ warmUpMinutes: 5, minutes: 25, seed: 7 },
    ...more,
  }
}

/** Every job that was accepted has ended or stands in exactly one place. */
function expectNoneLost({ accepted, done, inSystem }: Findings): void {
  expect(inSystem.live).toBe(accepted - done)
  expect(inSystem.running).toBeLessThanOrEqual(inSystem.live)
  expect(inSystem.live).toBeLessThanOrEqual(inSystem.tasks)
}

describe('a line before servers', () => {
  /** Probability that all of c servers are busy, at a load of `load` servers (Erlang C). */
  function erlangC(servers: number, load: number): number {
    let blocked = 1
    for (let n = 1; n <= servers; n += 1) blocked = (load * blocked) / (n + load * blocked)
    const free = 1 - load / servers
    return blocked / (1 - (1 - free) * (1 - blocked))
  }

  test.each([
    [1, 0.6],
    [4, 3.2],
    [20, 16],
  ])('of %i at a load of %d waits as long as Erlang says', (servers, load) => {
    const timeline = createTimeline()
    const chance = createChance(servers)
    const station = createStation(timeline, servers)
    const [serviceMs, customers] = [1_000, 60_000]
    const inside = createGauge(timeline)
    const inSystemMs: number[] = []
    let come = 0
    const arrive = () => {
      const sinceMs = timeline.now()
      come += 1
      inside.add(1)
      station.serve(chance.exponential(serviceMs), () => {
        inside.add(-1)
        inSystemMs.push(timeline.now() - sinceMs)
      })
      if (come < customers) timeline.after(chance.exponential(serviceMs / load), arrive)
    }
    timeline.after(0, arrive)
    timeline.run((customers * serviceMs) / load)
    const meanMs = inSystemMs.reduce((sum, ms) => sum + ms, 0) / inSystemMs.length
    const expectedMs = serviceMs + (erlangC(servers, load) * serviceMs) / (servers - load)
    expect(meanMs / expectedMs).toBeCloseTo(1, 1)
    // Little's law, over the same stretch.
    const perMs = inSystemMs.length / timeline.now()
    expect((perMs * meanMs) / inside.mean()).toBeCloseTo(1, 2)
  })
})

describe('the model', () => {
  test('tells the same story for the same seed, and another for another', () => {
    const short = story({ minutes: 10 })
    expect(simulate(short)).toEqual(simulate(short))
    expect(simulate({ ...short, seed: 8 }).accepted).not.toBe(simulate(short).accepted)
  })

  test.each<readonly [name: string, happenings: NonNullable<Story['happenings']>]>([
    ['in peace', []],
    ['when the fleet is killed', [[1, 'kill the fleet']]],
    [
      'when the queues are paused',
      [
        [1, 'pause the queues'],
        [16, 'resume the queues'],
      ],
    ],
    [
      'when the provider is slow',
      [
        [1, 'slow the provider'],
        [16, 'cure the provider'],
      ],
    ],
  ])('loses no job %s, and ends all once nobody uploads any more (I1)', (_, happenings) => {
    expectNoneLost(simulate(story({ happenings })))
    const last = simulate(
      story({ happenings, uploadsPerMinute: 0, backlog: 500, warmUpMinutes: 0, minutes: 90 }),
    )
    expect(last).toMatchObject({ accepted: 500, done: 500, inSystem: { live: 0, tasks: 0 } })
  })

  test("holds Little's law over the whole service", () => {
    const { latencies, live, countedMs } = simulate(story({ minutes: 45 }))
    const meanMs = latencies.fresh.reduce((sum, ms) => sum + ms, 0) / latencies.fresh.length
    const perMs = latencies.fresh.length / countedMs
    expect((perMs * meanMs) / live.mean).toBeGreaterThan(0.97)
    expect((perMs * meanMs) / live.mean).toBeLessThan(1.03)
  })

  test('dispatches no faster and no more at once than a queue is set to', () => {
    const { shares } = simulate(
      story({ uploadsPerMinute: 0, backlog: 3_000, warmUpMinutes: 0, minutes: 20 }),
    )
    expect(shares['backfill queue, concurrency']).toBeGreaterThan(0.9)
    expect(shares['backfill queue, concurrency']).toBeLessThanOrEqual(1)
    expect(shares['backfill queue, dispatches']).toBeLessThanOrEqual(1.01)
  })
})

describe('what the model is fed', () => {
  test('is about as many object operations as the real rooms need for such an upload', async () => {
    const asked = new Map<string, number>()
    const count = (objects: ObjectStore): ObjectStore => {
      const seen =
        <A extends readonly unknown[], R>(kind: string, call: (name: string, ...rest: A) => R) =>
        (name: string, ...rest: A): R => {
          const bucket = name.startsWith('staging/') ? 'staging' : 'data'
          for (const key of [kind, `${kind} ${bucket}`]) asked.set(key, (asked.get(key) ?? 0) + 1)
          return call(name, ...rest)
        }
      return {
        ...objects,
        create: seen('write', objects.create),
        replace: seen('write', objects.replace),
        read: seen('read', objects.read),
        openRead: seen('read', objects.openRead),
        stat: seen('read', objects.stat),
      }
    }
    const world = createWorld({ objects: count })
    for (const hoursAgo of [2, 1]) {
      asked.clear()
      const start = world.clock.now() - hoursAgo * 3_600_000
      const { jobId } = await world.upload({
        [toneName(start)]: tones([100 * hoursAgo, 3]),
        [toneName(start + 600_000)]: tones([100 * hoursAgo + 7, 3]),
      })
      await world.deliver(jobId)
    }
    for (const [kind, figure] of [
      ['write', WORKLOAD.objectWrites],
      ['write staging', WORKLOAD.stagingWrites],
      ['read', WORKLOAD.objectReads],
    ] as const) {
      const ratio = (asked.get(kind) ?? 0) / figure
      expect(Math.abs(ratio - 1), `${kind}: ${asked.get(kind)}`).toBeLessThan(0.15)
    }
  })
})

describe('the numbers of infra/terraform', () => {
  const at = (deployment: Deployment, name: string) =>
    (WALLS.find((wall) => wall.name === name)?.perMinute(deployment, WORKLOAD) ?? 0) * HEADROOM

  test("meet the provider's contract first: everything we set ourselves takes more", () => {
    const first = firstWall(deployed, WORKLOAD)
    expect(first.wall.name).toBe('calls at once of the speech-to-text provider')
    expect(first.perMinute).toBeGreaterThan(200)
  })

  test('let no instance lack an address, and no dispatch a place', () => {
    const instances = at(deployed, 'CPU of the instances')
    expect(at(deployed, 'addresses of the subnet')).toBeGreaterThan(instances)
    for (const name of [
      'concurrent dispatches of the fresh queue',
      'dispatches a second of the fresh queue',
      "places of the instances, users' uploads included",
    ]) {
      expect(at(deployed, name)).toBeGreaterThan(instances)
    }
  })

  test('dispatch to a lane what the provider can follow, so that a backlog delays no fresh audio', () => {
    const mixed = story({ uploadsPerMinute: 60, users: 350, backlog: 2_000 })
    const slowest = ({ latencies }: Findings) => percentile(latencies.fresh, 0.95)
    const kept = slowest(simulate(mixed))
    expect(kept).toBeLessThan(20_000)
    const open = { ...deployed, runsPerCall: { fresh: 100, backfill: 100 } }
    expect(slowest(simulate({ ...mixed, deployment: open }))).toBeGreaterThan(1.5 * kept)
    expect(queueOf(deployed, 'fresh').concurrent).toBeGreaterThan(deployed.providerConcurrent)
  })

  test('raised from wall to wall take a thousand uploads a minute with nothing waiting', () => {
    const { deployment, steps } = climb(deployed, 1_000, WORKLOAD)
    expect(steps.map(({ wall }) => wall)).toEqual([
      'calls at once of the speech-to-text provider',
      'Redis memory',
      'CPU of the instances',
    ])
    const findings = simulate(
      story({ deployment, uploadsPerMinute: 1_000, users: 10_000, warmUpMinutes: 4, minutes: 8 }),
    )
    expect(findings.oldestMaxS).toBeLessThan(1)
    expect(percentile(findings.latencies.fresh, 0.95)).toBeLessThan(30_000)
  })

  test('are divided among deployments where the platform ends', () => {
    const { deployment } = climb(deployed, 100_000, WORKLOAD)
    expect(deployment.stamps).toBeGreaterThan(1)
    const { perMinute } = firstWall(deployment, WORKLOAD)
    expect(perMinute * deployment.stamps).toBeGreaterThanOrEqual(100_000)
  })
})
