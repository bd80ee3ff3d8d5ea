import { builtinModules } from 'node:module'
import type { Plugin } from 'esbuild'

/**
 * An import of `node:http` reads all that it exports, WebSocket and with it undici among it, which
 * takes as long as the rest of the start; `require` reads what is used, and only that is named.
 */
export const builtinsByRequire: Plugin = {
  name: 'builtins-by-require',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(node:)?[a-z_0-9/]+$/ }, ({ path, kind }) => {
      const name = path.replace(/^node:/, '')
      const isImport = kind === 'import-statement' && builtinModules.includes(name)
      return isImport ? { path: name, namespace: 'builtin', sideEffects: false } : undefined
    })
    onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => {
      const names = Object.keys(process.getBuiltinModule(path) ?? {})
      const exported = names
        .filter((name) => /^[A-Za-z_$][\w$]*$/.test(name) && name !== 'default')
        .map(
          (name) =>
            `const $${name} = /* @__PURE__ */ get('${name}'); export { $${name} as ${name} }`,
        )
      return {
        contents: [
          `const builtin = require('node:${path}')`,
          'const get = (name) => builtin[name]',
          ...exported,
          'export default builtin',
        ].join('\n'),
      }
    })
  },
}
