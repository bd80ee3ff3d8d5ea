import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

// biome-ignore lint/style/noDefaultExport: the runner reads the default export
export default defineConfig({
  test: {
    root: here('../..'),
    include: ['test/browser/**/*.test.ts'],
    env: { METADATA_SERVER_DETECTION: 'none' },
    execArgv: ['--disable-warning=MaxListenersExceededWarning'],
    globalSetup: [here('../support/global-setup.ts')],
    // Whole stacks and a browser: one file after the other.
    maxWorkers: 1,
    testTimeout: 120_000,
    hookTimeout: 300_000,
  },
})
