import { setTimeout as delay } from 'node:timers/promises'

const LOOK_EVERY_MS = 40
const WITHIN_MS = 30_000

/** Waits for an observed fact. @throws Error naming it when it does not come to be in time */
export async function until(
  fact: string,
  holds: () => boolean | Promise<boolean>,
  withinMs = WITHIN_MS,
): Promise<void> {
  const deadline = performance.now() + withinMs
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${fact}`)
    await delay(LOOK_EVERY_MS)
  }
}
