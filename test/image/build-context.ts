import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'

/**
 * The files that a build would be sent: all but what `.dockerignore` leaves out, its last matching
 * line deciding, a folder's line for all in it.
 */
export function buildContext(root: string): readonly string[] {
  const lines = readFileSync(join(root, '.dockerignore'), 'utf8').split('\n')
  const rules = lines.filter((line) => line !== '' && !line.startsWith('#'))
  const isLeftOut = (file: string) => {
    const steps = file.split('/')
    const self = steps.map((_, at) => steps.slice(0, at + 1).join('/'))
    const last = rules.findLast((rule) => self.some((path) => matches(rule, path)))
    return last !== undefined && !last.startsWith('!')
  }
  return filesUnder(root)
    .map((file) => relative(root, file))
    .filter((file) => !isLeftOut(file))
}

/** Unlike a shell's, the engine's `*` takes names with a leading dot too. */
function matches(rule: string, path: string): boolean {
  const literal = (text: string) => text.replace(/[.\\^$+?()[\]{}|]/g, '\\$&')
  const parts = rule.replace(/^!/, '').split('*').map(literal)
  return new RegExp(`^${parts.join('[^/]*')}$`).test(path)
}

/** Never looked into: their files are no part of the repository, and very many. */
const FOREIGN = new Set(['.git', 'node_modules', '.local', 'dist'])

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (FOREIGN.has(entry.name)) return []
    return entry.isDirectory() ? filesUnder(path) : [path]
  })
}
