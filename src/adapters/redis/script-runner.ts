import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { ReplyError } from 'ioredis'
import { UnavailableError } from '../../kernel/index.ts'
import type { Clock, Probe } from '../../ports/index.ts'
import type { RedisClient } from './redis-client.ts'

/** Of the file in `scripts/`. */
export type ScriptName =
  | 'create'
  | 'bind-key'
  | 'claim'
  | 'renew'
  | 'mark'
  | 'release'
  | 'keep'
  | 'begin-ending'
  | 'finalize'
  | 'settle'
  | 'override'
  | 'read'
  | 'due'
  | 'stalled'
  | 'postpone'
  | 'keep-due'
  | 'begin-pass'
  | 'end-pass'
  | 'confirm-shard'
  | 'begin-sweep'
  | 'end-sweep'
  | 'meter-count'
  | 'meter-read'
  | 'meter-restore'
  | 'wake'
  | 'note'
  | 'note-enrichment'
  | 'enrichment-announce'
  | 'enrichment-read'
  | 'enrichment-claim'
  | 'enrichment-renew'
  | 'enrichment-release'
  | 'enrichment-finish'
  | 'enrichment-settle'
  | 'enrichment-override'
  | 'enrichment-postpone'

/** A try whose reply was lost is made once more: every script is safe to run twice. */
const TRIES = 2
const PAUSE_BETWEEN_TRIES_MS = 100
/** Replies that a script meets at its start or at its first write, never after one. */
const REFUSED_BEFORE_ANY_WRITE =
  /^(OOM|READONLY|LOADING|MISCONF|MASTERDOWN|CLUSTERDOWN|NOREPLICAS|NOAUTH|NOPERM) /

export interface ScriptRunner {
  /** Runs one script in one round trip. @throws UnavailableError when it may or may not have run */
  run(name: ScriptName, key: string, args: readonly (string | number)[]): Promise<unknown>
  /** Any single command, with the same translation of errors. */
  call<T>(command: () => Promise<T>): Promise<T>
}

export function createScriptRunner(deps: {
  readonly redis: RedisClient
  readonly clock: Clock
  readonly probe: Probe
}): ScriptRunner {
  const { redis, clock, probe } = deps
  const scripts = createScripts()

  const call = async <T>(command: () => Promise<T>): Promise<T> => {
    let cause: unknown
    // One try that may have run keeps the whole in doubt, whatever the next one says.
    let isDoubtful = false
    for (let attempt = 1; attempt <= TRIES; attempt += 1) {
      try {
        return await command()
      } catch (error) {
        if (isReply(error))
          throw new UnavailableError(`Redis refused: ${error.message}`, {
            party: 'redis',
            cause: error,
            refused: !isDoubtful && REFUSED_BEFORE_ANY_WRITE.test(error.message),
          })
        cause = error
        isDoubtful ||= !isUnsent(error)
        if (attempt < TRIES) await clock.sleep(PAUSE_BETWEEN_TRIES_MS)
      }
    }
    throw new UnavailableError('Redis did not answer', {
      party: 'redis',
      cause,
      refused: !isDoubtful,
    })
  }

  const evaluate = async (name: ScriptName, key: string, args: readonly (string | number)[]) => {
    const { sha, text } = scripts(name)
    try {
      return await redis.evalsha(sha, 1, key, ...args)
    } catch (error) {
      if (!isReply(error) || !error.message.startsWith('NOSCRIPT')) throw error
      return redis.eval(text, 1, key, ...args)
    }
  }

  return {
    call,
    run: async (name, key, args) => {
      await probe(`script.${name}`, 'before')
      const reply = await call(() => evaluate(name, key, args))
      await probe(`script.${name}`, 'after')
      return reply
    },
  }
}

/** Each read at its first run: nearly forty files would be read before the service listens. */
function createScripts(): (name: ScriptName) => { text: string; sha: string } {
  const read = (file: string) =>
    readFileSync(new URL(`./scripts/${file}.lua`, import.meta.url), 'utf8')
  const known = new Map<ScriptName, { text: string; sha: string }>()
  return (name) => {
    const loaded = known.get(name)
    if (loaded) return loaded
    const preludes = ['prelude', ...(name.startsWith('enrichment-') ? ['enrichment-prelude'] : [])]
    const text = [...preludes, name].map(read).join('\n')
    const script = { text, sha: createHash('sha1').update(text).digest('hex') }
    known.set(name, script)
    return script
  }
}

/** The client's words for a command that it never wrote to a connection; the second is a cluster's. */
const UNSENT = /^(Stream isn't writeable|Cluster isn't ready)/
function isUnsent(error: unknown): boolean {
  return error instanceof Error && UNSENT.test(error.message)
}

function isReply(error: unknown): error is Error {
  return error instanceof ReplyError
}
