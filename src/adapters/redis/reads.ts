import {
  type JobId,
  jobIdSchema,
  MalformedRecordError,
  statusViewSchema,
} from '../../kernel/index.ts'
import type { JobEvent, JobStore } from '../../ports/index.ts'
import { keys } from './keys.ts'
import { parseLedger } from './ledger.ts'
import { parseRecord } from './record.ts'
import type { RedisClient } from './redis-client.ts'
import type { ScriptRunner } from './script-runner.ts'

type Reads = Pick<
  JobStore,
  'read' | 'view' | 'contentStanding' | 'marks' | 'ledger' | 'events' | 'eventsSince'
>

/** Reads change nothing (I9); what does not fit its schema is an error, never a guess. */
export function createReads(redis: RedisClient, scripts: ScriptRunner): Reads {
  const ledger = async (jobId: JobId) =>
    parseLedger(Object.entries(await scripts.call(() => redis.hgetall(keys.marks(jobId)))).flat())
  return {
    read: async (jobId: JobId) =>
      parseRecord(jobId, await scripts.run('read', keys.job(jobId), [jobId])),
    view: async (jobId: JobId) => {
      const text = await scripts.call(() => redis.get(keys.view(jobId)))
      return text === null ? undefined : parseView(jobId, text)
    },
    contentStanding: async (...[uid, contentId]: Parameters<JobStore['contentStanding']>) => {
      const named = [keys.content(uid, contentId), keys.pause(uid, contentId)]
      const [holder, until] = await scripts.call(() => redis.mget(named))
      return {
        ...(holder ? { holder: jobIdSchema.parse(holder) } : {}),
        ...(until ? { pausedUntil: Number(until) } : {}),
      }
    },
    ledger,
    marks: async (jobId: JobId) => (await ledger(jobId)).marks,
    events: async (jobId: JobId) => {
      const entries = await scripts.call(() => redis.xrange(keys.events(jobId), '-', '+'))
      return entries.map(([, fields]) => parseEvent(fields))
    },
    eventsSince: async (jobId, eventId) => {
      const from = eventId === undefined ? '-' : `(${eventId}`
      const entries = await scripts.call(() => redis.xrange(keys.events(jobId), from, '+'))
      return entries.map(([id, fields]) => ({ id, ...parseEvent(fields) }))
    },
  }
}

/** Hot: in two plain steps, since one schema for both costs a poll a third more. */
function parseView(jobId: JobId, text: string) {
  const parsed = statusViewSchema.safeParse(parseJson(text))
  if (!parsed.success) {
    throw new MalformedRecordError(`the status view of job ${jobId} does not fit its schema`, {
      cause: parsed.error,
    })
  }
  return parsed.data
}

/** Undefined for what is not JSON: no schema takes that. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function parseEvent(fields: readonly string[]): JobEvent {
  const facts: Record<string, string> = {}
  for (let i = 0; i + 1 < fields.length; i += 2) facts[fields[i] ?? ''] = fields[i + 1] ?? ''
  const { at, name, ...rest } = facts
  return { at: Number(at), name: name ?? '', facts: rest }
}
