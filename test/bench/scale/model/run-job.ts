import { computeMsOf, sttMsOf, type Workload } from '../workload.ts'
import type { Chance } from './chance.ts'
import type { Instance } from './fleet.ts'
import type { Job } from './jobs.ts'
import type { Provider } from './provider.ts'
import type { Timeline } from './timeline.ts'

export interface RunParts {
  readonly timeline: Timeline
  readonly chance: Chance
  readonly provider: Provider
  readonly workload: Workload
  readonly maxParallelSegments: number
  /** Told of what is asked of Redis and the provider. */
  readonly spend: (what: 'redisTrips' | 'sttSeconds' | 'computeMs', amount: number) => void
}

/** Compute differs by what is said in the audio; the figures are means. */
const COMPUTE_SPREAD = 0.1

/**
 * One attempt on one instance: read and decode, look for voices, transcribe, land, end. What has
 * landed is not repeated. Nothing is heard of a run whose instance has died.
 */
export function runJob(
  parts: RunParts,
  instance: Instance,
  job: Job,
  end: (how: 'done' | 'provider busy') => void,
): void {
  const { timeline, chance, workload } = parts
  const { objectMs, objectsBefore, objectsAtEnd } = workload
  const goOn = (act: () => void) => () => {
    if (instance.isAlive) act()
  }
  const wait = (ms: number, act: () => void) => timeline.after(ms, goOn(act))
  const compute = computeMsOf(workload)
  const land = () =>
    landSegments(parts, { instance, job, goOn }, (isBusy) => {
      if (isBusy) end('provider busy')
      else wait(objectsAtEnd * objectMs, () => end('done'))
    })
  parts.spend('redisTrips', workload.redisTrips - workload.segments)
  wait(objectsBefore * objectMs, () => {
    // A retry decodes again what it has still to send, by the durable plan: no second look for voices.
    const decodeMs = chance.around(compute.decode, COMPUTE_SPREAD)
    parts.spend('computeMs', decodeMs)
    instance.decode.serve(decodeMs, goOn(job.isPrepared ? land : detect))
  })
  function detect() {
    const detectMs = chance.around(compute.detect, COMPUTE_SPREAD)
    parts.spend('computeMs', detectMs)
    instance.detect.serve(
      detectMs,
      goOn(() => {
        job.isPrepared = true
        land()
      }),
    )
  }
}

/** Some at once; one that the provider refuses stays for the next attempt, the others go on. */
function landSegments(
  parts: RunParts,
  run: {
    readonly instance: Instance
    readonly job: Job
    readonly goOn: (act: () => void) => () => void
  },
  end: (isBusy: boolean) => void,
): void {
  const { timeline, chance, provider, workload } = parts
  const { instance, job, goOn } = run
  let [toStart, inFlight, refused] = [job.left, 0, 0]
  const next = () => {
    if (toStart === 0 && inFlight === 0) return end(refused > 0)
    while (toStart > 0 && inFlight < parts.maxParallelSegments) {
      toStart -= 1
      const ms = chance.around(sttMsOf(workload), workload.sttSpread)
      const isTaken = provider.tryCall(ms, goOn(heard))
      if (isTaken) {
        inFlight += 1
        parts.spend('sttSeconds', workload.segmentSeconds)
      } else refused += 1
    }
    if (inFlight === 0) end(refused > 0)
  }
  const heard = () => {
    timeline.after(
      workload.objectsPerSegment * workload.objectMs,
      goOn(() => job.user.day.land(instance, goOn(landed))),
    )
  }
  const landed = () => {
    parts.spend('redisTrips', 1)
    inFlight -= 1
    job.left -= 1
    next()
  }
  next()
}
