import {
  createCloudTasksQueue,
  createQueueInspector,
  createTasksClient,
} from '../adapters/cloud-tasks/index.ts'
import type { Config } from '../config/index.ts'
import { queueCheck } from '../doctor/index.ts'
import { type EnrichmentTaskPayload, SECOND_MS } from '../kernel/index.ts'
import type { Clock, Probe } from '../ports/index.ts'
import type { Tracer } from '../telemetry/index.ts'
import { carryTrace } from './trace-parties.ts'

/** The queue, once for each kind of task it carries; absent when none is configured. */
export function buildQueue(config: Config, clock: Clock, probe: Probe, tracer: Tracer) {
  const { tasks } = config
  if (!tasks) return undefined
  const client = createTasksClient({ projectId: tasks.projectId, ...tasks.api })
  const target = {
    client,
    project: tasks.projectId,
    location: tasks.location,
    queues: { fresh: tasks.queue, backfill: tasks.backfillQueue ?? tasks.queue },
    handlerUrl: tasks.handlerUrl,
    oidc: { audience: tasks.audience, serviceAccountEmail: tasks.invokerEmail },
    dispatchDeadlineSeconds: tasks.deadlineMs / SECOND_MS,
    rpcTimeoutMs: tasks.rpcTimeoutMs,
    clock,
    probe,
  }
  return {
    queue: carryTrace(createCloudTasksQueue(target), tracer),
    enrichmentQueue: carryTrace(
      createCloudTasksQueue<EnrichmentTaskPayload>({
        ...target,
        handlerUrl: tasks.enrichmentUrl,
        step: 'task.create-enrichment',
      }),
      tracer,
    ),
    checks: [...new Set(Object.values(target.queues))].map((queue) =>
      queueCheck(createQueueInspector({ ...target, queue }), config.dispatch),
    ),
    warm: client.ready,
    close: client.close,
  }
}
