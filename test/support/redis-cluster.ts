import { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { systemClock } from '../../src/adapters/system/system-clock.ts'
import { freePort } from '../../src/local/stack/free-port.ts'
import { startRedisForTests } from './redis.ts'

export interface RedisCluster {
  /** Of one master; the client learns the others from it. */
  readonly url: string
  /** A connection to each master by itself. */
  readonly masters: readonly Redis[]
  /** Gives the slot of a key, which must be empty, to another master, and answers which. */
  moveEmptySlotOf(key: string): Promise<Redis>
}

const MASTERS = 3
const SLOTS = 16_384
const POLL_MS = 20

/** Three masters with a third of the slots each, emptied before each case of the calling file. */
export function redisClusterForTests(): RedisCluster {
  const closing = new AsyncDisposableStack()
  const masters: Redis[] = []
  let url = ''
  beforeAll(async () => {
    for (let at = 0; at < MASTERS; at += 1) {
      // Left to itself the bus takes its port plus 10,000, which may not be free, or no port at all.
      const bus = await freePort(0, systemClock())
      const server = closing.use(
        await startRedisForTests({
          extraArgs: ['--cluster-enabled', 'yes', '--cluster-port', String(bus)],
        }),
      )
      const master = new Redis(server.url)
      closing.defer(() => master.disconnect())
      masters.push(master)
      url ||= server.url
      const [from, to] = [at, at + 1].map((third) => Math.ceil((third * SLOTS) / MASTERS))
      await master.call('CLUSTER', 'ADDSLOTSRANGE', `${from}`, `${(to ?? SLOTS) - 1}`)
      const [first] = masters
      if (first && at > 0) {
        await first.call('CLUSTER', 'MEET', server.host, `${server.port}`, `${bus}`)
      }
    }
    for (const master of masters) await untilWhole(master)
  }, 60_000)
  beforeEach(async () => {
    await Promise.all(masters.map((master) => master.flushall('SYNC')))
  })
  afterAll(() => closing.disposeAsync())
  return {
    masters,
    moveEmptySlotOf: (key) => moveEmptySlot(masters, key),
    get url() {
      if (url === '') throw new Error('the cluster starts in beforeAll: read its url in a case')
      return url
    },
  }
}

async function moveEmptySlot(masters: readonly Redis[], key: string): Promise<Redis> {
  const [first] = masters
  const slot = Number(await first?.call('CLUSTER', 'KEYSLOT', key))
  const to = masters[(Math.floor((slot * MASTERS) / SLOTS) + 1) % MASTERS]
  if (!to) throw new Error('there is no other master')
  const id = String(await to.call('CLUSTER', 'MYID'))
  for (const master of [to, ...masters.filter((other) => other !== to)]) {
    await master.call('CLUSTER', 'SETSLOT', `${slot}`, 'NODE', id)
  }
  await to.call('CLUSTER', 'BUMPEPOCH')
  return to
}

/** A node answers for the cluster once it has heard of every slot and every master. */
async function untilWhole(master: Redis): Promise<void> {
  const clock = systemClock()
  const giveUpMs = clock.monotonicMs() + 30_000
  for (;;) {
    const info = String(await master.call('CLUSTER', 'INFO'))
    if (/cluster_state:ok/.test(info) && info.includes(`cluster_size:${MASTERS}`)) return
    if (clock.monotonicMs() > giveUpMs) throw new Error(`the cluster never formed: ${info}`)
    await clock.sleep(POLL_MS)
  }
}
