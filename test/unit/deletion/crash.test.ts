import { describe, expect, test } from 'vitest'
import { deleteConversation } from '../../../src/deletion/index.ts'
import type { ConversationId } from '../../../src/kernel/index.ts'
import type { ObjectStore } from '../../../src/ports/index.ts'
import { tones } from '../../support/tones.ts'
import { createWorld, type World } from '../../support/world.ts'
import { deliverSummary } from '../enrichment/rig.ts'
import { allText, SECRET, spokenWorld, upload } from './rig.ts'

const WRITES = new Set<string>(['create', 'replace', 'delete'])

interface Death {
  readonly step: number
  readonly moment: 'before' | 'after'
}

/** Objects under a process that dies at one of its durable steps: nothing it does comes through any more. */
function mortal(objects: ObjectStore) {
  const names: string[] = []
  let death: Death | undefined
  let isDead = false
  const die = (): never => {
    isDead = true
    throw new Error('the process is dead')
  }
  const port = new Proxy(objects, {
    get: (target, key) => {
      const member: unknown = Reflect.get(target, key)
      if (typeof member !== 'function') return member
      if (!WRITES.has(String(key))) {
        return (...args: readonly unknown[]) =>
          isDead ? die() : Reflect.apply(member, target, args)
      }
      return async (...args: readonly unknown[]) => {
        if (isDead) return die()
        const step = names.push(`${String(key)} ${String(args[0]).split('/')[0]}`) - 1
        if (death?.step === step && death.moment === 'before') return die()
        const answer: unknown = await Reflect.apply(member, target, args)
        if (isDead || (death?.step === step && death.moment === 'after')) return die()
        return answer
      }
    },
  })
  return {
    port,
    /** Counts anew; dies at the given step, or nowhere. */
    arm: (at?: Death) => {
      names.length = 0
      isDead = false
      death = at
    },
    names,
  }
}

/** A conversation over midnight, summed up; one beside it, and one that is nobody's business. */
async function openWorld() {
  let life: ReturnType<typeof mortal> | undefined
  const world = createWorld(
    spokenWorld({
      objects: (objects) => {
        life = mortal(objects)
        return life.port
      },
      summarize: async ({ transcripts }) => ({
        title: transcripts.map(({ text }) => text).join(' '),
        overview: '',
        category: 'other',
        actionItems: [],
      }),
    }),
  )
  if (!life) throw new Error('the world has its objects')
  await upload(world, { 43230: tones([100, 3]), 43150: tones([101, 3]), 600: tones([200, 3]) })
  for (const _ of world.summaryTasks.live()) await deliverNextSummary(world)
  const outlines = await world.conversations.list(world.uidHash, { limit: 9 })
  const [stays, gone] = outlines
  if (!stays || !gone) throw new Error('two conversations were made')
  return { world, life, stays, gone: gone.id, all: outlines }
}

async function deliverNextSummary(world: World) {
  const [next] = world.summaryTasks.live()
  if (!next) return
  await deliverSummary(world, { body: JSON.stringify(next.task.payload) })
  world.summaryTasks.answered(next.task.lane, next.task.name, 200)
}

const remove = (world: World, id: ConversationId) =>
  deleteConversation(world.deletion, world.uidHash, id)
const shown = (world: World) => world.conversations.list(world.uidHash, { limit: 9 })

async function stepsOfDeletion() {
  const { world, life, gone } = await openWorld()
  life.arm()
  await remove(world, gone)
  return [...life.names]
}

describe('a deletion whose process dies', () => {
  test('takes these durable steps', async () => {
    expect((await stepsOfDeletion()).sort()).toEqual([
      'create deletions',
      'delete deletions',
      'delete enrichments',
      'replace timelines',
      'replace timelines',
      'replace transcripts',
      'replace transcripts',
    ])
  })

  test.for(['the same call again', 'recovery'] as const)(
    'before or after any step is finished by %s, and is never half to be seen',
    async (by) => {
      const steps = await stepsOfDeletion()
      for (const [step] of steps.entries()) {
        for (const moment of ['before', 'after'] as const) {
          const { world, life, stays, gone, all } = await openWorld()
          life.arm({ step, moment })
          await expect(remove(world, gone)).rejects.toThrow('dead')
          life.arm()
          const seen = await shown(world)
          expect([[stays], all]).toContainEqual(seen)
          if (by === 'recovery') await world.recover()
          const isBegun = step > 0 || moment === 'after'
          if (by === 'recovery' && !isBegun) expect(await shown(world)).toEqual(all)
          else {
            if (by !== 'recovery') expect(await remove(world, gone)).toBe('deleted')
            expect(await shown(world), `${moment} ${steps[step]}`).toEqual([stays])
            expect(await allText(world)).not.toContain(SECRET)
            expect(await world.names('deletions/')).toEqual([])
            expect(await world.names('enrichments/')).toHaveLength(1)
          }
        }
      }
    },
  )

  test('costs the others nothing: a broken intent is counted, the next one finished', async () => {
    const { world, life, gone } = await openWorld()
    const broken = 'deletions/00000000000000000000000000000000/x/y.json'
    await world.memory.create(broken, Buffer.from('{'), { contentType: 'application/json' })
    life.arm({ step: 1, moment: 'before' })
    await expect(remove(world, gone)).rejects.toThrow('dead')
    life.arm()
    expect(await world.recover()).toMatchObject({ deletions: { finished: 1, failed: 1 } })
    expect(await allText(world)).not.toContain(SECRET)
  })

  test('is nothing to a pass that finds none', async () => {
    const { world } = await openWorld()
    expect(await world.recover()).not.toHaveProperty('deletions')
  })
})
