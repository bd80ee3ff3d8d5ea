import { status } from '@grpc/grpc-js'

/** A refusal as the service words it; thrown by a deed, answered as a gRPC status. */
export class RpcError extends Error {
  override name = 'RpcError'
  readonly code: status

  constructor(code: status, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/**
 * Texts of the real service, since callers tell cases apart by them; as recorded in
 * aertje/cloud-tasks-emulator, conformance/golden.
 */
export const refusals = {
  queueMissing: () =>
    new RpcError(
      status.NOT_FOUND,
      'Queue does not exist. If you just created the queue, wait at least a minute for the queue to initialize.',
    ),
  queueExists: () => new RpcError(status.ALREADY_EXISTS, 'Queue already exists'),
  queueTooRecent: () =>
    new RpcError(
      status.FAILED_PRECONDITION,
      'The queue cannot be created because a queue with this name existed too recently.',
    ),
  taskExists: () => new RpcError(status.ALREADY_EXISTS, 'Requested entity already exists'),
  taskTooRecent: () =>
    new RpcError(
      status.ALREADY_EXISTS,
      'The task cannot be created because a task with this name existed too recently.',
    ),
  taskGone: () =>
    new RpcError(
      status.NOT_FOUND,
      'The task no longer exists, though a task with this name existed recently. The task either successfully completed or was deleted.',
    ),
  missing: () => new RpcError(status.NOT_FOUND, 'Requested entity was not found.'),
  invalid: (message: string, options?: ErrorOptions) =>
    new RpcError(status.INVALID_ARGUMENT, message, options),
} as const
