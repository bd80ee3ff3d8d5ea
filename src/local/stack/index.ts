/**
 * The local stack: the unchanged service with everything it needs of the world on one machine, kept
 * in one folder. The launcher prints it, the demo plays on it, the acceptance tests drive it.
 */
export { describeEvent, describeReady, readyLine } from './describe-stack.ts'
export { LOCAL_NAMES } from './service-environment.ts'
export { logTail } from './service-process.ts'
export type { Stack, StackEvent, StackOptions } from './stack.ts'
export { startStack } from './start-stack.ts'
export { onStopSignal } from './stop-signal.ts'
