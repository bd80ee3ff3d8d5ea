import type {
  BucketInspector,
  CertificateInspector,
  Clock,
  QueueInspector,
  RecoveryStore,
  StoreInspector,
} from '../ports/index.ts'
import { type AudienceFacts, audienceCheck } from './checks/audience.ts'
import { certificatesCheck } from './checks/certificates.ts'
import { clocksCheck } from './checks/clocks.ts'
import { dataBucketCheck } from './checks/data-bucket.ts'
import { permissionsCheck } from './checks/permissions.ts'
import { type QueueDemands, queueCheck } from './checks/queue.ts'
import { queueRatesCheck, type ServiceCapacity } from './checks/queue-rates.ts'
import { recoveryCheck } from './checks/recovery.ts'
import { redisCheck } from './checks/redis.ts'
import { redisLatencyCheck } from './checks/redis-latency.ts'
import { type SpeechFacts, speechToTextCheck } from './checks/speech-to-text.ts'
import { stagingBucketCheck } from './checks/staging-bucket.ts'
import { taskEndpointsCheck } from './checks/task-endpoints.ts'
import type { Check } from './finding.ts'

/** Everything that is looked at, and what the service demands of it. */
export interface DoctorParties {
  readonly clock: Clock
  /** Base URL of the service. */
  readonly url: string
  /** Paths that only a verified caller may use. */
  readonly guardedPaths: readonly string[]
  /** Empty when no queue is configured. */
  readonly queues: readonly QueueInspector[]
  readonly queueDemands: QueueDemands
  readonly capacity: ServiceCapacity
  /** Absent when no queue is configured. */
  readonly audience: Omit<AudienceFacts, 'clock'> | undefined
  readonly staging: BucketInspector
  readonly data: BucketInspector
  readonly stagingRetentionDays: number
  readonly store: StoreInspector
  readonly commandTimeoutMs: number
  readonly maxSkewMs: number
  readonly recovery: Pick<RecoveryStore, 'lastPassAt'>
  readonly recoveryIntervalMs: number
  /** Undefined for users who are taken at their word. */
  readonly certificates: {
    readonly tasks: CertificateInspector
    readonly users: CertificateInspector | undefined
  }
  readonly speech: SpeechFacts
}

/** All but the canary. */
export function listChecks(parties: DoctorParties): readonly Check[] {
  const { store, clock, certificates } = parties
  return [
    ...queueChecks(parties),
    ...bucketChecks(parties),
    redisCheck(store),
    redisLatencyCheck(store, parties.commandTimeoutMs),
    clocksCheck({ ...parties, healthUrl: `${parties.url}/health` }),
    certificatesCheck('tasks', 'OIDC_CERTS_URL', certificates.tasks),
    ...(certificates.users
      ? [certificatesCheck('users', 'FIREBASE_CERTS_URL', certificates.users)]
      : []),
    taskEndpointsCheck({ clock, urls: parties.guardedPaths.map((path) => parties.url + path) }),
    ...(parties.audience ? [audienceCheck({ ...parties.audience, clock })] : []),
    recoveryCheck({ ...parties, intervalMs: parties.recoveryIntervalMs }),
    speechToTextCheck(parties.speech),
  ]
}

function queueChecks({ queues, queueDemands, capacity }: DoctorParties): Check[] {
  if (queues.length === 0) return []
  const roles = 'roles/cloudtasks.enqueuer and roles/cloudtasks.viewer'
  return [
    ...queues.map((queue) => queueCheck(queue, queueDemands)),
    queueRatesCheck(queues, capacity),
    ...queues.map((queue) => permissionsCheck(`queue ${queue.queue}`, roles, queue)),
  ]
}

function bucketChecks({ staging, data, stagingRetentionDays: days }: DoctorParties): Check[] {
  const permissions = (inspector: BucketInspector) =>
    permissionsCheck(`bucket ${inspector.bucket}`, 'roles/storage.objectUser', inspector)
  return [
    stagingBucketCheck(staging, days),
    dataBucketCheck(data, days),
    permissions(staging),
    permissions(data),
  ]
}
