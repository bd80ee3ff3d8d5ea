import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

// biome-ignore lint/style/noDefaultExport: the runner reads the default export
export default defineConfig({
  test: {
    root: here('..'),
    projects: [
      {
        extends: true,
        test: {
          name: 'rooms',
          include: ['test/**/*.test.ts'],
          exclude: ['acceptance', 'browser', 'crash', 'soak', 'recovery'].map(
            (room) => `test/${room}/**`,
          ),
        },
      },
      {
        // Whole stacks, whose waits are real: one after the other, with the machine to themselves.
        extends: true,
        test: {
          name: 'stacks',
          include: ['acceptance', 'crash', 'soak', 'recovery'].map(
            (room) => `test/${room}/**/*.test.ts`,
          ),
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
    // No metadata server exists here; the queue's client would look for one and say so. And what a
    // service refuses (`refuseUsageReports`), a test of its parts refuses too.
    env: { METADATA_SERVER_DETECTION: 'none', ORT_DISABLE_TELEMETRY: '1' },
    // The storage client hangs more listeners on a body than Node thinks healthy.
    execArgv: ['--disable-warning=MaxListenersExceededWarning'],
    globalSetup: [here('support/global-setup.ts')],
    // Children, sockets and real stores on two busy cores; a case that waits has its own deadline.
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
})
