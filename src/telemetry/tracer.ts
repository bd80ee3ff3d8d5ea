import { AsyncLocalStorage } from 'node:async_hooks'
import type { TraceContext } from '../kernel/index.ts'
import { attributesOf, lineFactsOf, type SpanAttributes, type SpanFacts } from './span-facts.ts'

/** Where work stands: in which trace, and on which job. Bound to everything awaited inside. */
export interface Tracer {
  /** Goes on with the trace of whoever called; nothing of the job or trace that was bound before. */
  within<T>(caller: TraceContext | undefined, work: () => T): T
  /**
   * Runs `work` as a part of what is bound, and binds it further. What it learns on its way it may
   * `note`. Passes on what `work` returns or throws.
   */
  span<T>(
    name: string,
    facts: SpanFacts,
    work: (note: (facts: SpanFacts) => void) => Promise<T>,
    kind?: SpanKind,
  ): Promise<T>
  current(): TraceContext | undefined
  /** For log lines: job, attempt, epoch, lane. */
  lineFacts(): Readonly<Record<string, unknown>>
}

/** `server` and `consumer` begin what another process asked for, `producer` asks for it. */
export type SpanKind = 'internal' | 'server' | 'consumer' | 'producer' | 'client'

/** What makes spans where they are exported. */
export interface SpanSource {
  start(
    name: string,
    kind: SpanKind,
    parent: TraceContext | undefined,
    attributes: SpanAttributes,
  ): OpenSpan
}

export interface OpenSpan {
  readonly context: TraceContext
  note(attributes: SpanAttributes): void
  /** @param errorType the class of what was thrown; its words stay here */
  end(errorType?: string): void
}

interface Scope {
  readonly trace: TraceContext | undefined
  lineFacts: Readonly<Record<string, unknown>>
}

const NOWHERE: Scope = { trace: undefined, lineFacts: {} }

/**
 * @param source asked at each span, since an exporter is there only once it has started; without one
 * a span costs what binding a value costs
 */
export function createTracer(
  options: { readonly source?: () => SpanSource | undefined; readonly rawUid?: boolean } = {},
): Tracer {
  const { source, rawUid = false } = options
  const storage = new AsyncLocalStorage<Scope>()
  const bound = () => storage.getStore() ?? NOWHERE
  return {
    within: (trace, work) => storage.run({ trace, lineFacts: {} }, work),
    span: async (name, facts, work, kind = 'internal') => {
      const outer = bound()
      const span = source?.()?.start(name, kind, outer.trace, attributesOf(facts, rawUid))
      const scope: Scope = {
        trace: span?.context ?? outer.trace,
        lineFacts: { ...outer.lineFacts, ...lineFactsOf(facts) },
      }
      const note = (more: SpanFacts) => {
        scope.lineFacts = { ...scope.lineFacts, ...lineFactsOf(more) }
        span?.note(attributesOf(more, rawUid))
      }
      try {
        const value = await storage.run(scope, () => work(note))
        span?.end()
        return value
      } catch (error) {
        span?.end(error instanceof Error ? error.name : typeof error)
        throw error
      }
    },
    current: () => bound().trace,
    lineFacts: () => bound().lineFacts,
  }
}
