import { connect, createServer, type Socket } from 'node:net'

export interface Front extends AsyncDisposable {
  readonly url: string
  /** Where new connections go, by turns. */
  setPorts(ports: readonly number[]): void
}

/**
 * One address for many instances, as a platform's front end gives: each connection goes to the next
 * instance that takes it. An instance that dies takes its connections with it.
 */
export async function startFront(): Promise<Front> {
  let ports: readonly number[] = []
  let turn = 0
  const open = new Set<Socket>()
  const keep = (socket: Socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
  }
  const forward = (client: Socket, triesLeft: number) => {
    const port = ports[turn++ % Math.max(1, ports.length)]
    if (port === undefined || triesLeft === 0) return void client.resetAndDestroy()
    const instance = connect(port, '127.0.0.1')
    keep(instance)
    const onRefused = () => forward(client, triesLeft - 1)
    instance.once('error', onRefused)
    instance.once('connect', () => {
      instance.off('error', onRefused)
      join(client, instance)
    })
  }
  const server = createServer({ pauseOnConnect: true }, (client) => {
    keep(client)
    client.on('error', () => client.destroy())
    forward(client, Math.max(1, ports.length))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no TCP address')
  return {
    url: `http://127.0.0.1:${address.port}`,
    setPorts: (next) => {
      ports = next
    },
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        for (const socket of open) socket.destroy()
      }),
  }
}

/** Each side's end, good or bad, is the other's. */
function join(client: Socket, instance: Socket): void {
  instance.on('error', () => client.resetAndDestroy())
  instance.on('close', () => client.destroy())
  client.on('close', () => instance.destroy())
  client.pipe(instance).pipe(client)
  client.resume()
}
