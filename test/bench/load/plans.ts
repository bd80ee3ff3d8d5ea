import type { LoadPlan } from './load.ts'

const SPEECH_MS = 25_000

/** What one instance is to hold with its defaults. */
export const WITHIN: LoadPlan = {
  deliveries: 50,
  uploads: 200,
  uploadBytes: 128 * 1_024,
  overMs: 20_000,
  pollsPerSecond: 1_000,
  speechMs: SPEECH_MS,
  idleMs: 4_000,
  // As deployed; a local stack is more patient.
  settings: { ADMISSION_MAX_LOOP_DELAY_MS: '250' },
  concurrentDispatches: 50,
}

/** Twice of everything that it is allowed. */
export const BEYOND: LoadPlan = {
  ...WITHIN,
  deliveries: 50,
  uploads: 200,
  overMs: 10_000,
  pollsPerSecond: 500,
  settings: { ...WITHIN.settings, ADMISSION_MAX_UPLOADS: '100', ADMISSION_MAX_DELIVERIES: '25' },
}
