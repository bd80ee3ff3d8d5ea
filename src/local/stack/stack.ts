import type { Clock } from '../../ports/index.ts'
import type { GcsServer } from '../gcs/index.ts'
import type { TokenIssuer } from '../issuer/index.ts'
import type { TasksServer } from '../tasks/index.ts'
import type { RecoveryEvent } from './recovery-timer.ts'
import type { ServiceEvent } from './service-process.ts'
import type { Speech } from './speech.ts'

export interface StackOptions {
  /** Made when absent; a stack started on it again goes on where this one was. */
  readonly dataFolder: string
  /** Begin with an empty folder. Default false. */
  readonly fresh?: boolean
  /** Unpacked programs are kept here between runs. */
  readonly packagesFolder: string
  readonly mode: 'inline' | 'cloud_tasks'
  /** 0, the default, takes any free one; for the API the one used before on this folder. */
  readonly ports?: Partial<Readonly<Record<'api' | 'redis' | 'gcs' | 'tasks', number>>>
  /** `offline`, the default, falls back to `spans` where no recogniser can be had. */
  readonly speech?: Speech['provider']
  /** A running Redis to use; else the stack starts its own. */
  readonly redisUrl?: string | undefined
  /** Variables of the caller: PATH, HOME and proxies are read, nothing else. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The service's entry point, of the production bundle for one; by default one that chaos can tell to fail. */
  readonly serviceMain?: string | undefined
  /** Variables of the service, over what the stack sets. */
  readonly settings?: Readonly<Record<string, string>>
  /** Default 10 s. */
  readonly recoveryIntervalMs?: number
  /** The service writes to our error stream instead of its log file. */
  readonly verbose?: boolean
  readonly clock: Clock
  readonly onEvent?: (event: StackEvent) => void
  /** Ends a start that is under way. */
  readonly signal?: AbortSignal
}

export type StackEvent =
  | ServiceEvent
  | RecoveryEvent
  /** Something slow begins, or something is done without. */
  | { readonly kind: 'announcement'; readonly text: string }
  /** Redis ended by itself: nothing heals that but a new stack. */
  | { readonly kind: 'broken'; readonly error: Error }

/** Everything that runs, and the handles to disturb it. */
export interface Stack {
  /** Base URL of the service; stays over its restarts. */
  readonly api: string
  readonly redisUrl: string
  readonly gcs: GcsServer
  readonly tasks: TasksServer
  /** Mints tokens that the service believes. */
  readonly issuer: TokenIssuer
  readonly issuerUrl: string
  readonly speech: Speech
  readonly dataFolder: string
  readonly logFile: string
  /** The service's variables, for commands that read what it reads. */
  readonly environmentFile: string
  /** A file here is a 503 of speech-to-text. */
  readonly speechFaults: string
  /** Of the running service; another after a restart. */
  servicePid(): number
  /** Default SIGKILL. The next service takes its place at once, on the same port. */
  killService(signal?: NodeJS.Signals): void
  /** A bearer token of the queue's account. */
  mintTaskToken(): string
  /** Ends everything; the data stays. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}
