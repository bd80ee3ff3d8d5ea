import { Agent, request } from 'node:http'

/**
 * So many GETs, so many at once, over connections of their own: one kept from an earlier turn may be
 * closed by its server just when it is used. Every answer must be 200.
 */
export async function askMany(
  url: string,
  how: {
    readonly count: number
    readonly atOnce: number
    readonly headers?: Readonly<Record<string, string>>
  },
): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: how.atOnce })
  const askOnce = () =>
    new Promise<void>((resolve, reject) => {
      const req = request(url, { agent, headers: { ...how.headers } }, (res) => {
        res.resume().once('error', reject)
        res.once('end', () => {
          if (res.statusCode === 200) resolve()
          else reject(new Error(`${url} answered ${res.statusCode}`))
        })
      })
      req.once('error', reject)
      req.end()
    })
  let left = how.count
  const line = async () => {
    while (left > 0) {
      left -= 1
      await askOnce()
    }
  }
  try {
    await Promise.all(Array.from({ length: how.atOnce }, line))
  } finally {
    agent.destroy()
  }
}
