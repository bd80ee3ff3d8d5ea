/**
 * The kernel: the words every room speaks and the arithmetic they share. Pure; knows no clock,
 * no store, no vendor.
 */
export * from './attempts.ts'
export * from './audio-file.ts'
export * from './conversation.ts'
export * from './enrichment.ts'
export * from './errors.ts'
export * from './frames.ts'
export * from './ids.ts'
export * from './job.ts'
export * from './landing.ts'
export * from './lazily.ts'
export * from './objects.ts'
export * from './parallel.ts'
export * from './places.ts'
export * from './preferences.ts'
export * from './reasons.ts'
export * from './repeat-failure.ts'
export * from './spans.ts'
export * from './task.ts'
export * from './time.ts'
export * from './wav.ts'
