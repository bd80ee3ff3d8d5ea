import {
  type FindOptions,
  findProgram,
  type Missing,
  type Program,
} from '../../src/local/packages/find-program.ts'
import { runCommand } from '../../src/local/packages/run-command.ts'

/** `CHROMIUM_PATH`, a Chromium or Chrome on PATH, or Debian's, unpacked like Redis (about 100 MB). */
export async function findChromium(options: FindOptions): Promise<Program | Missing> {
  const { PATH = '', CHROMIUM_PATH: named } = options.environment
  if (named) return { command: named, env: { PATH } }
  return findProgram<Program>({
    ...options,
    title: 'Chromium',
    commands: [
      'chromium-headless-shell',
      'chromium',
      'google-chrome-stable',
      'google-chrome',
      'chromium-browser',
    ],
    packages: ['chromium-headless-shell'],
    // The script in usr/bin starts the one of the system.
    unpackedAt: 'usr/lib/chromium/chromium-headless-shell',
    installHint: 'apt-get install chromium, or Google Chrome; or name one in CHROMIUM_PATH.',
    check: async (program) => {
      const args = ['--headless', '--no-sandbox', '--disable-gpu', '--dump-dom', 'about:blank']
      const { stdout } = await runCommand(program.command, args, { env: program.env })
      return stdout.includes('<html>') ? program : undefined
    },
  })
}
