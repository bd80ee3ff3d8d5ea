import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import express from 'express'
import Fastify from 'fastify'
import { Hono } from 'hono'
import { connectRedis, createRedisClient } from '../../../src/adapters/redis/index.ts'

/** `node status-server.child.ts FRAMEWORK REDIS_URL KEY`: answers a GET with what the key holds. */
const [, , framework = '', url = '', key = ''] = process.argv
const redis = createRedisClient(url, { commandTimeoutMs: 2_000, onError: () => undefined })
await connectRedis(redis)
const read = async () => (await redis.get(key)) ?? '{}'
const PATH = '/v2/sync-local-files/:jobId'
const JSON_TYPE = { 'content-type': 'application/json', 'cache-control': 'no-store' }

async function listen(): Promise<number> {
  switch (framework) {
    case 'node:http': {
      const server = createServer((_req, res) => {
        read().then(
          (text) => res.writeHead(200, JSON_TYPE).end(text),
          () => res.destroy(),
        )
      })
      await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
      return (server.address() as AddressInfo).port
    }
    case 'Express 5': {
      const app = express()
      app.get(PATH, async (_req, res) => {
        res.set('Cache-Control', 'no-store').json(JSON.parse(await read()))
      })
      const server = app.listen(0, '127.0.0.1')
      await new Promise<void>((resolve) => void server.once('listening', resolve))
      return (server.address() as AddressInfo).port
    }
    case 'Fastify': {
      const app = Fastify()
      app.get(PATH, async (_req, reply) => {
        return reply.headers(JSON_TYPE).send(JSON.parse(await read()))
      })
      await app.listen({ port: 0, host: '127.0.0.1' })
      return (app.server.address() as AddressInfo).port
    }
    case 'hono': {
      const app = new Hono()
      app.get(PATH, async (c) => c.json(JSON.parse(await read()), 200, JSON_TYPE))
      return await new Promise<number>((resolve) => {
        serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => resolve(port))
      })
    }
    default:
      throw new Error(`no such framework: ${framework}`)
  }
}

process.send?.({ port: await listen() })
process.once('disconnect', () => process.exit(0))
