import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Plugin } from 'esbuild'

/** How esbuild writes a CommonJS module: a method, which runs once, when it is first required. */
const MODULE = /(__commonJS\(\{\n {2}"[^"\n]+")(\([\w$, ]*\) \{\n[\s\S]*?\n {2}\})(?=\n\}\);\n)/g

/**
 * V8 compiles a function with its file if it stands in parentheses, else when it is called; and only
 * what is compiled with its file comes into the code cache.
 */
export const compiledAhead: Plugin = {
  name: 'compiled-ahead',
  setup({ initialOptions, onEnd }) {
    initialOptions.write = false
    onEnd(async ({ outputFiles = [] }) => {
      for (const { path, text } of outputFiles) {
        await mkdir(dirname(path), { recursive: true })
        await writeFile(path, text.replaceAll(MODULE, '$1: (function$2)'))
      }
    })
  },
}
