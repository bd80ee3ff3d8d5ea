import { readdirSync, readFileSync } from 'node:fs'

/** Of every thread of this process, as Linux keeps them: from -20, the first, to 19. */
export function threadPriorities(): number[] {
  return readdirSync('/proc/self/task').map((thread) => {
    const stat = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8')
    // The name in brackets may hold anything; the priority is the 17th field after it.
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16])
  })
}
