import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Loaded before the service (`node --import`): a launcher that dies, even by SIGKILL, takes the
 * service with it. The channel to it breaks, and the service is ended as Cloud Run ends one.
 */
const GRACE_MS = 10_000

process.once('disconnect', () => {
  process.kill(process.pid, 'SIGTERM')
  sleep(GRACE_MS, undefined, { ref: false }).then(
    // Its whole group: what it started goes with it.
    () => process.kill(-process.pid, 'SIGKILL'),
    () => undefined,
  )
})
// Listening must not keep a service alive that has nothing else to do.
process.channel?.unref()
