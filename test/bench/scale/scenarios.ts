import type { Deployment } from './deployment.ts'
import type { Story } from './simulate.ts'
import { climb, type Step } from './walls.ts'
import { WORKLOAD } from './workload.ts'

export interface Scenario {
  readonly name: string
  readonly title: string
  readonly story: Story
  /** What had to be set for it. */
  readonly steps: readonly Step[]
}

const SEED = 20_261_122
/** A user who records all day uploads ten minutes every ten minutes. */
const MINUTES_APART = 10
const BACKLOG = 14_000

/** The steady loads, and what goes wrong. `deployed` is what infra/terraform makes by default. */
export function scenariosOn(deployed: Deployment): Scenario[] {
  const base = { workload: WORKLOAD, seed: SEED }
  const at = (uploadsPerMinute: number) => {
    return { ...base, uploadsPerMinute, users: uploadsPerMinute * MINUTES_APART }
  }
  const steady = (uploadsPerMinute: number, minutes: number): Scenario => {
    const { deployment, steps } = climb(deployed, uploadsPerMinute, WORKLOAD)
    return {
      name: `${uploadsPerMinute.toLocaleString('en-US')} a minute`,
      title: `${uploadsPerMinute.toLocaleString('en-US')} uploads a minute`,
      steps,
      story: {
        ...at(Math.round(uploadsPerMinute / deployment.stamps)),
        deployment,
        warmUpMinutes: minutes / 3,
        minutes,
      },
    }
  }
  const as = (
    name: string,
    title: string,
    story: Pick<Story, 'uploadsPerMinute' | 'users' | 'minutes'> & Partial<Story>,
  ): Scenario => {
    const made = { ...base, deployment: deployed, warmUpMinutes: 0, ...story }
    return { name, title, steps: [], story: made }
  }
  return [
    steady(10, 180),
    steady(1_000, 30),
    steady(100_000, 12),
    as(
      'backlog',
      `${BACKLOG.toLocaleString('en-US')} old jobs of 350 users drain beside 10 fresh ones a minute`,
      {
        ...at(10),
        users: 350,
        backlog: BACKLOG,
        minutes: 120,
      },
    ),
    as(
      'paused queue',
      'the queues are paused from minute 10 to minute 70, at 100 uploads a minute',
      {
        ...at(100),
        minutes: 150,
        happenings: [
          [10, 'pause the queues'],
          [70, 'resume the queues'],
        ],
      },
    ),
    as(
      'slow provider',
      'speech-to-text takes twice as long from minute 10 to minute 40, at 200 uploads a minute',
      {
        ...at(200),
        minutes: 90,
        happenings: [
          [10, 'slow the provider'],
          [40, 'cure the provider'],
        ],
      },
    ),
    as('killed fleet', 'every instance is killed in minute 10, at 200 uploads a minute', {
      ...at(200),
      minutes: 25,
      happenings: [[10, 'kill the fleet']],
    }),
  ]
}
