import { connect } from 'node:net'

const ANSWER_WITHIN_MS = 1_000

/**
 * The process id of the Redis that is ready to serve on this address; undefined while none is. A
 * stranger's server on the port tells another id, so it is never taken for ours.
 */
export async function askWhoServes(address: {
  readonly host: string
  readonly port: number
}): Promise<number | undefined> {
  return new Promise((resolve) => {
    let answer = ''
    const socket = connect(address.port, address.host)
    const settle = (pid: number | undefined) => {
      socket.destroy()
      resolve(pid)
    }
    socket.setTimeout(ANSWER_WITHIN_MS, () => settle(undefined))
    socket.setEncoding('latin1')
    socket.on('error', () => settle(undefined))
    socket.on('close', () => settle(undefined))
    socket.on('connect', () => socket.write('PING\r\nINFO server\r\n'))
    socket.on('data', (chunk) => {
      answer += chunk
      if (!answer.startsWith('+PONG'.slice(0, answer.length))) return settle(undefined)
      const pid = /process_id:(\d+)\r\n/.exec(answer)?.[1]
      if (pid !== undefined) settle(Number(pid))
    })
  })
}
