import { randomUUID } from 'node:crypto'
import * as z from 'zod'
import { shortId } from './resource-names.ts'
import type { TasksStats } from './stats.ts'

const common = {
  /** How often it strikes; -1 until cleared. */
  times: z.union([z.literal(-1), z.int().min(1)]).default(1),
  /** Which share of the calls that fit it strikes, drawn for each. */
  share: z.number().positive().max(1).default(1),
  /** Only tasks whose short id matches this regular expression. */
  task: z.string().refine(isPattern, 'not a regular expression').optional(),
}
const rpc = { on: z.literal('rpc'), method: z.string().default('*'), ...common }
const delivery = { on: z.literal('delivery'), ...common }
const ms = z.number().min(0)
const side = z.enum(['before', 'after'])
const status = z.int().min(100).max(599)

export const tasksFaultSchema = z.union([
  /** Answers a gRPC error code; after the effect it is the classic lost success. */
  z.object({
    ...rpc,
    kind: z.literal('error'),
    when: side.default('before'),
    code: z.int().min(1).max(16),
    message: z.string().default('injected fault'),
  }),
  /** Never answers: the caller's own deadline ends the call. */
  z.object({ ...rpc, kind: z.literal('hang'), when: side.default('after') }),
  /** Waits, then has its effect even when the caller is gone. */
  z.object({ ...rpc, kind: z.literal('delay'), ms }),

  /** The target is not contacted; the attempt counts with this status. */
  z.object({ ...delivery, kind: z.literal('drop'), status: status.default(503) }),
  /** Two deliveries at once with the same headers; the first one's answer counts. */
  z.object({ ...delivery, kind: z.literal('duplicate') }),
  z.object({ ...delivery, kind: z.literal('delay'), ms }),
  /** The connection breaks: after so long, or when the answer begins. Counts as not reached. */
  z.object({ ...delivery, kind: z.literal('reset'), afterMs: ms.optional() }),
  /** The target is contacted, the queue takes down this status instead of its answer. */
  z.object({ ...delivery, kind: z.literal('answer'), status }),
  /** A dispatch deadline shorter than the task's. */
  z.object({ ...delivery, kind: z.literal('deadline'), ms }),
])

export type TasksFault = z.input<typeof tasksFaultSchema>
type Fault = z.output<typeof tasksFaultSchema>
type ArmedFault = Fault & { readonly id: string }
export type RpcFault = Extract<Fault, { on: 'rpc' }>
export type DeliveryFault = Extract<Fault, { on: 'delivery' }>

export interface TasksFaults {
  /** @returns an id to clear it by. */
  add(fault: TasksFault): string
  clear(id?: string): void
  list(): readonly ArmedFault[]
  /** Every armed fault that strikes the call, each spent once. */
  takeRpc(method: string, taskName: string | undefined): readonly RpcFault[]
  takeDelivery(taskName: string): readonly DeliveryFault[]
}

export function createTasksFaults(
  stats: TasksStats,
  random: () => number = Math.random,
): TasksFaults {
  let armed: ArmedFault[] = []
  const spend = (fault: ArmedFault): void => {
    const kind = `${fault.on}.${fault.kind}`
    stats.faults[kind] = (stats.faults[kind] ?? 0) + 1
    if (fault.times > 0) fault.times -= 1
    armed = armed.filter(({ times }) => times !== 0)
  }
  const take = (fits: (fault: ArmedFault) => boolean): ArmedFault[] => {
    const taken = armed.filter(
      (fault) => fits(fault) && (fault.share === 1 || random() < fault.share),
    )
    taken.forEach(spend)
    return taken
  }
  return {
    add(fault) {
      const id = randomUUID()
      armed.push({ ...tasksFaultSchema.parse(fault), id })
      return id
    },
    clear(id) {
      armed = id === undefined ? [] : armed.filter((fault) => fault.id !== id)
    },
    list: () => armed,
    takeRpc(method, taskName) {
      return take(
        (fault) =>
          fault.on === 'rpc' && ['*', method].includes(fault.method) && fits(fault, taskName),
      ).filter((fault) => fault.on === 'rpc')
    },
    takeDelivery(taskName) {
      return take((fault) => fault.on === 'delivery' && fits(fault, taskName)).filter(
        (fault) => fault.on === 'delivery',
      )
    },
  }
}

function fits(fault: Fault, taskName: string | undefined): boolean {
  if (fault.task === undefined) return true
  return taskName !== undefined && new RegExp(fault.task).test(shortId(taskName))
}

function isPattern(source: string): boolean {
  try {
    return new RegExp(source) instanceof RegExp
  } catch {
    return false
  }
}
