import type { Clock } from '../../src/ports/index.ts'
import type { CallLine } from '../crash/orders.ts'
import type { ProviderFaults } from '../support/provider-faults.ts'
import type { ProviderRequest } from '../support/provider-requests.ts'
import { startProviderServer } from '../support/provider-server.ts'
import { textOf } from './batches.ts'
import { readMark } from './watermark.ts'

/** Deepgram's twin, which tells batches by their mark and keeps a ledger of who asked for what. */
export interface SpeechTwin extends AsyncDisposable {
  readonly faults: ProviderFaults
  readonly calls: readonly CallLine[]
  /** Each process calls under a path of its own. */
  settingsOf(process: number): Readonly<Record<string, string>>
  nameProcess(process: number, pid: number): void
}

/** Long enough that a kill meets calls in flight. */
const LATENCY_MS = { min: 60, spread: 500 }

export async function startSpeechTwin(deps: {
  readonly random: () => number
  readonly clock: Clock
}): Promise<SpeechTwin> {
  const calls: CallLine[] = []
  const pids = new Map<string, number>()
  const note = (request: ProviderRequest) => {
    const pid = pids.get(processOf(request.path)) ?? 0
    const text = heard(request)
    const line = (what: CallLine['what']) =>
      void calls.push({ pid, at: deps.clock.now(), text, what })
    line('asked')
    return line
  }
  const server = await startProviderServer({
    hear: (request) => ({ text: heard(request) }),
    latencyMs: () => LATENCY_MS.min + deps.random() * LATENCY_MS.spread,
    onRequest: (request) => {
      // They hold their audio: a thousand of them are heavy.
      server.requests.length = 0
      return note(request)
    },
  })
  return {
    faults: server.faults,
    calls,
    settingsOf: (process) => ({
      STT_PROVIDER: 'deepgram',
      DEEPGRAM_API_KEY: 'the key of the soak test',
      DEEPGRAM_BASE_URL: `${server.baseUrl}/process-${process}`,
    }),
    nameProcess: (process, pid) => void pids.set(`process-${process}`, pid),
    [Symbol.asyncDispose]: server.close,
  }
}

function processOf(path: string): string {
  return path.split('/')[1] ?? ''
}

function heard({ wav }: ProviderRequest): string {
  const bytes = Uint8Array.from(wav.subarray(44))
  const mark = readMark(new Int16Array(bytes.buffer, 0, bytes.length >> 1))
  return mark === undefined ? 'audio without a mark' : textOf(mark)
}
