import { type handleUnaryCall, status } from '@grpc/grpc-js'
import * as z from 'zod'
import type { Clock } from '../../ports/index.ts'
import type { RpcFault, TasksFaults } from './faults.ts'
import { RpcError } from './rpc-error.ts'
import type { TasksStats } from './stats.ts'

export interface UnaryDeps {
  readonly clock: Clock
  readonly faults: TasksFaults
  readonly stats: TasksStats
  readonly signal: AbortSignal
}

export type UnaryRpc = handleUnaryCall<unknown, object>

/**
 * An RPC from its request's schema and its effect, which is one synchronous step: between "before"
 * and "after" faults nothing else happens. A request that does not parse is INVALID_ARGUMENT.
 */
export function unaryRpc<S extends z.ZodType>(
  deps: UnaryDeps,
  method: string,
  schema: S,
  effect: (request: z.output<S>) => object,
): UnaryRpc {
  const answer = async (message: unknown): Promise<object | undefined> => {
    const faults = deps.faults.takeRpc(method, taskNameOf(message))
    for (const fault of faults) {
      if (fault.kind === 'delay') await deps.clock.sleep(fault.ms, deps.signal)
    }
    if (strike(faults, 'before') === 'hang') return undefined
    const request = schema.safeParse(message)
    if (!request.success) {
      throw new RpcError(status.INVALID_ARGUMENT, z.prettifyError(request.error))
    }
    const reply = effect(request.data)
    return strike(faults, 'after') === 'hang' ? undefined : reply
  }
  const count = (result: 'ok' | 'failed'): void => {
    const counter = deps.stats.rpcs[method] ?? { ok: 0, failed: 0 }
    counter[result] += 1
    deps.stats.rpcs[method] = counter
  }
  return (call, callback) => {
    answer(call.request).then(
      (reply) => {
        count(reply === undefined ? 'failed' : 'ok')
        if (reply !== undefined) callback(null, reply)
      },
      (error: unknown) => {
        count('failed')
        const code = error instanceof RpcError ? error.code : status.INTERNAL
        callback({ code, details: error instanceof Error ? error.message : String(error) })
      },
    )
  }
}

/** Throws an armed error; tells of an armed hang. */
function strike(faults: readonly RpcFault[], when: 'before' | 'after'): 'hang' | undefined {
  for (const fault of faults) {
    if (fault.kind === 'delay' || fault.when !== when) continue
    if (fault.kind === 'hang') return 'hang'
    throw new RpcError(fault.code, fault.message)
  }
  return undefined
}

const namedSchema = z.object({
  name: z.string().optional(),
  task: z.object({ name: z.string().optional() }).optional(),
})

function taskNameOf(message: unknown): string | undefined {
  const named = namedSchema.safeParse(message)
  return named.success ? (named.data.task?.name ?? named.data.name) : undefined
}
