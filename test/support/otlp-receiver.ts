import { createServer, type IncomingHttpHeaders } from 'node:http'
import { buffer } from 'node:stream/consumers'
import * as z from 'zod'

const valueSchema = z
  .object({
    stringValue: z.string().optional(),
    intValue: z.union([z.string(), z.number()]).optional(),
    doubleValue: z.number().optional(),
  })
  .transform(
    ({ stringValue, intValue, doubleValue }) => stringValue ?? doubleValue ?? Number(intValue),
  )
const attributesSchema = z
  .array(z.object({ key: z.string(), value: valueSchema }))
  .default([])
  .transform((pairs) => Object.fromEntries(pairs.map(({ key, value }) => [key, value])))
const resourceSchema = z.object({ attributes: attributesSchema })

const tracesSchema = z.object({
  resourceSpans: z.array(
    z.object({
      resource: resourceSchema,
      scopeSpans: z.array(
        z.object({
          spans: z.array(
            z.object({
              name: z.string(),
              kind: z.number(),
              traceId: z.string(),
              spanId: z.string(),
              parentSpanId: z.string().optional(),
              attributes: attributesSchema,
              status: z.object({ code: z.number().default(0) }).optional(),
            }),
          ),
        }),
      ),
    }),
  ),
})

const pointsSchema = z
  .object({
    dataPoints: z.array(
      z.object({
        attributes: attributesSchema,
        asDouble: z.number().optional(),
        asInt: z.union([z.string(), z.number()]).optional(),
        sum: z.number().optional(),
        count: z.coerce.number().optional(),
      }),
    ),
  })
  .optional()
const metricsSchema = z.object({
  resourceMetrics: z.array(
    z.object({
      resource: resourceSchema,
      scopeMetrics: z.array(
        z.object({
          metrics: z.array(
            z.object({
              name: z.string(),
              unit: z.string().optional(),
              sum: pointsSchema,
              histogram: pointsSchema,
            }),
          ),
        }),
      ),
    }),
  ),
})

type Span = z.output<
  typeof tracesSchema
>['resourceSpans'][number]['scopeSpans'][number]['spans'][number]

export interface ReceivedSpan extends Span {
  /** `service.name` of its sender. */
  readonly service: unknown
}

export interface ReceivedMetric {
  readonly name: string
  readonly unit: string | undefined
  readonly labels: Readonly<Record<string, unknown>>
  /** Of a counter, or the sum of a distribution. */
  readonly value: number
  readonly service: unknown
}

export interface OtlpReceiver extends AsyncDisposable {
  readonly url: string
  /** As they came; what is no JSON cannot be looked into. */
  readonly requests: readonly { path: string; headers: IncomingHttpHeaders; body: Buffer }[]
  spans(): ReceivedSpan[]
  /** The latest value of every series. */
  metrics(): ReceivedMetric[]
  /** Takes requests from now on, and answers none. */
  hang(): void
}

/** A collector's front door on loopback. */
export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const requests: { path: string; headers: IncomingHttpHeaders; body: Buffer }[] = []
  let hangs = false
  const server = createServer(async (req, res) => {
    requests.push({ path: req.url ?? '', headers: req.headers, body: await buffer(req) })
    if (!hangs) res.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no TCP address')
  const jsonOf = (path: string) =>
    requests.flatMap((each) => (each.path === path ? [JSON.parse(each.body.toString())] : []))
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    spans: () =>
      jsonOf('/v1/traces')
        .flatMap((json) => tracesSchema.parse(json).resourceSpans)
        .flatMap(({ resource, scopeSpans }) =>
          scopeSpans.flatMap(({ spans }) =>
            spans.map((span) => ({ ...span, service: resource.attributes['service.name'] })),
          ),
        ),
    metrics: () => latest(jsonOf('/v1/metrics').flatMap(readMetrics)),
    hang: () => {
      hangs = true
    },
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

function readMetrics(json: unknown): ReceivedMetric[] {
  return metricsSchema.parse(json).resourceMetrics.flatMap(({ resource, scopeMetrics }) =>
    scopeMetrics.flatMap(({ metrics }) =>
      metrics.flatMap(
        ({ name, unit, sum, histogram }) =>
          (sum ?? histogram)?.dataPoints.map((point) => ({
            name,
            unit,
            labels: point.attributes,
            value: point.sum ?? point.asDouble ?? Number(point.asInt),
            service: resource.attributes['service.name'],
          })) ?? [],
      ),
    ),
  )
}

/** Values are sent anew in every batch, each the whole so far. */
function latest(metrics: readonly ReceivedMetric[]): ReceivedMetric[] {
  const series = new Map(
    metrics.map((each) => [JSON.stringify([each.service, each.name, each.labels]), each]),
  )
  return [...series.values()]
}
