import { readdirSync, readFileSync } from 'node:fs'

/** CPU that all threads of a process have used so far, in us, from the kernel's own books (ns). */
export function cpuUsOf(pid: number): number {
  const folder = `/proc/${pid}/task`
  return readdirSync(folder).reduce((sum, thread) => {
    try {
      const [onCpuNs = '0'] = readFileSync(`${folder}/${thread}/schedstat`, 'utf8').split(' ')
      return sum + Number(onCpuNs) / 1_000
    } catch (error) {
      // The thread has ended between the two reads.
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return sum
      throw error
    }
  }, 0)
}
