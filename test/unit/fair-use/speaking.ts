import { type GOOD_STANDING, standingSchema } from '../../../src/fair-use/standing.ts'
import { HOUR_MS, type JobId, objectNames, SECOND_MS } from '../../../src/kernel/index.ts'
import { toneName, tones } from '../../support/tones.ts'
import { createWorld, UID, type World, type WorldOptions } from '../../support/world.ts'

export const caps = (seconds: number) => {
  const all = { '24h': seconds * SECOND_MS, '3d': 1e9, '7d': 1e9 }
  return { standard: all, unlimited: { ...all, '24h': 10 * all['24h'] } }
}
export const worldWith = (fairUse: WorldOptions['fairUse'] = {}, more: WorldOptions = {}) =>
  createWorld({ ...more, fairUse })

let level = 0
/** Uploads so many seconds of speech nobody uploaded before. */
export async function speak(world: World, seconds: number, name?: string) {
  level += 1
  const file = name ?? toneName(world.clock.now() - HOUR_MS)
  return world.upload({ [file]: tones([level, seconds]) })
}
export async function speakAndRun(world: World, seconds: number) {
  const { jobId } = await speak(world, seconds)
  const answer = await world.deliver(jobId)
  return { jobId, answer }
}
export const metered = async (world: World) =>
  (await world.rig?.meter.read({ uid: UID, uidHash: world.uidHash }))?.buckets.reduce(
    (sum, { speechMs }) => sum + speechMs,
    0,
  )
export const standingOf = async (world: World) => {
  const stored = await world.memory.read(objectNames.standing(world.uidHash))
  return stored && standingSchema.parse(JSON.parse(Buffer.from(stored.bytes).toString()))
}
export const restricted = (untilMs: number): typeof GOOD_STANDING => ({
  schemaVersion: 1,
  stage: 'restrict',
  stageUntil: untilMs,
  violations: [],
})
export const putStanding = (world: World, standing: unknown) =>
  world.memory.create(
    objectNames.standing(world.uidHash),
    Buffer.from(typeof standing === 'string' ? standing : JSON.stringify(standing)),
    { contentType: 'application/json' },
  )
export const outcomeOf = async (world: World, jobId: JobId) => {
  const object = await world.archive.readOutcome(world.uidHash, jobId)
  return object && 'outcome' in object ? object.outcome : undefined
}

export const fileId = (world: World) =>
  world.naming.fileId(UID, {
    sha256: 'aa',
    startMs: 0,
    codec: 'pcm16',
    sampleRate: 16_000,
    channels: 1,
    frameSize: 160,
  })
