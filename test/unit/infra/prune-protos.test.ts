import { readFileSync } from 'node:fs'
import { fromJSON, type MethodDefinition } from '@grpc/proto-loader'
import { describe, expect, it } from 'vitest'
import { type ProtoNode, pruneProtos } from '../../../infra/build/prune-protos.ts'

const CLOUD_TASKS = 'google.cloud.tasks.v2.CloudTasks'
const whole: ProtoNode = JSON.parse(
  readFileSync('node_modules/@google-cloud/tasks/build/protos/protos.json', 'utf8'),
)

type Methods = Readonly<Record<string, MethodDefinition<object, object>>>

function methodsOf(protos: ProtoNode): Methods {
  return fromJSON(protos, { defaults: true })[CLOUD_TASKS] as unknown as Methods
}

const parent = 'projects/p/locations/l/queues/q'
const task = {
  name: `${parent}/tasks/t`,
  dispatchDeadline: { seconds: 1_800 },
  scheduleTime: { seconds: 1_700_000_000, nanos: 5 },
  httpRequest: {
    url: 'https://service/v2/sync-jobs/run',
    httpMethod: 'POST',
    headers: { 'Content-Type': 'application/json', traceparent: '00-1' },
    body: Buffer.from('{}'),
    oidcToken: { audience: 'a', serviceAccountEmail: 'b@c' },
  },
}

describe('the pruned messages of the queue', () => {
  const pruned = pruneProtos(whole, [CLOUD_TASKS])

  it('hold every method, and a task as the wire carries it', () => {
    const [before, after] = [methodsOf(whole), methodsOf(pruned)]
    expect(Object.keys(after)).toEqual(Object.keys(before))
    const bytes = after['CreateTask']?.requestSerialize({ parent, task })
    expect(bytes?.length).toBeGreaterThan(100)
    expect(bytes).toEqual(before['CreateTask']?.requestSerialize({ parent, task }))
    const answer = before['CreateTask']?.responseSerialize(task) ?? Buffer.of()
    expect(after['CreateTask']?.responseDeserialize(answer)).toEqual(
      before['CreateTask']?.responseDeserialize(answer),
    )
  })

  it('are a fraction of what the package brings', () => {
    const size = (protos: ProtoNode) => JSON.stringify(protos).length
    expect(size(pruned)).toBeLessThan(size(whole) / 4)
  })
})

it('finds a type as the language does: innermost first', () => {
  const message = (type?: string): ProtoNode => ({ fields: type ? { one: { type } } : {} })
  const inner = { ...message('Part'), nested: { Part: message() } }
  const service = { methods: { Do: { requestType: 'Whole', responseType: 'b.Other' } } }
  const a = { nested: { Whole: inner, Part: message(), Service: service } }
  const b = { nested: { Other: message(), Stray: message() } }
  expect(pruneProtos({ nested: { a: { nested: { ...a.nested, b } } } }, ['a.Service'])).toEqual({
    nested: {
      a: { nested: { Whole: inner, Service: service, b: { nested: { Other: message() } } } },
    },
  })
})

it('stops the build at a service or a type that is not there', () => {
  const service = { methods: { Do: { requestType: 'Gone', responseType: 'Gone' } } }
  expect(() => pruneProtos({ nested: { S: service } }, ['S'])).toThrow('S names Gone')
  expect(() => pruneProtos({}, ['S'])).toThrow('there is no S')
})
