/** The codes we tell apart. Source: google.rpc.Code. */
export const GRPC = {
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  failedPrecondition: 9,
  aborted: 10,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const

/** The call was turned down before it had any effect. */
const REFUSALS: readonly number[] = [
  GRPC.invalidArgument,
  GRPC.notFound,
  GRPC.permissionDenied,
  GRPC.failedPrecondition,
  GRPC.unauthenticated,
]

/** It may have had its effect, and another try may get an answer. */
const LOST_ANSWERS: readonly number[] = [
  GRPC.cancelled,
  GRPC.unknown,
  GRPC.deadlineExceeded,
  GRPC.aborted,
  GRPC.internal,
  GRPC.unavailable,
]

const TASK_GONE = /task no longer exists|requested entity was not found/i

export function grpcCode(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'number' ? error.code : undefined
}

export function isRefusal(error: unknown): boolean {
  return REFUSALS.includes(grpcCode(error) ?? -1)
}

export function isLostAnswer(error: unknown): boolean {
  return LOST_ANSWERS.includes(grpcCode(error) ?? -1)
}

/** NOT_FOUND is also what a missing queue answers, and that says nothing about its tasks. */
export function saysTaskIsGone(error: unknown): boolean {
  return (
    grpcCode(error) === GRPC.notFound && error instanceof Error && TASK_GONE.test(error.message)
  )
}
