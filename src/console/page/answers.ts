/** What the admin API answers, as far as the page reads it. Names are the wire's. */
export interface Session {
  readonly operator: string
  readonly service?: string
  readonly revision?: string
  readonly project_id?: string
  readonly reasons: readonly ReasonRow[]
}

export interface ReasonRow {
  readonly code: string
  readonly meaning: string
  readonly actor: 'client' | 'operator' | 'nobody'
  readonly retryable: boolean
}

type Counts = Readonly<Record<string, number>>

export interface Overview {
  readonly at: number
  readonly live: number
  readonly running: number
  readonly oldestLiveAt?: number
  readonly sample: {
    readonly sampled: number
    readonly byWaitingFor: Counts
    readonly byAttempt: Counts
    readonly revivals: number
  }
  readonly working: { readonly sampled: number; readonly byStage: Counts }
  readonly endedByHour: readonly EndedInHour[]
  readonly reasons: readonly {
    readonly reasonCode: string
    readonly state: string
    readonly count: number
  }[]
  readonly stageTimes: Readonly<
    Record<string, { readonly jobs: number; readonly medianMs: number; readonly p95Ms: number }>
  >
}

export interface EndedInHour {
  readonly fromAt: number
  readonly completed: number
  readonly partial_failure: number
  readonly failed: number
}

export interface LoadSample {
  readonly at: number
  readonly waiting: number
  readonly running: number
  readonly oldestLiveAt?: number
}

export interface JobRow {
  readonly job_id: string
  readonly user: string
  readonly status: string
  readonly stage: string
  readonly lane: string
  readonly dispatch_mode: string
  readonly byok?: true
  readonly created_at: string
  readonly updated_at: string
  readonly captured_at: string
  readonly progress_at: string
  readonly ended_at?: string
  readonly total_files: number
  readonly segments: {
    readonly total: number
    readonly successful: number
    readonly silent: number
    readonly failed: number
  }
  readonly attempt: number
  readonly generation: number
  readonly revivals: number
  readonly epoch: number
  readonly enrichment: string
  readonly reason_code?: string
  readonly last_error?: string
  readonly waiting_for?: string
  readonly retry_at?: string
  readonly lease_until?: string
  readonly errors?: readonly string[]
}

export interface JobPage {
  readonly jobs: readonly JobRow[]
  readonly next_cursor?: string
}

export interface JobSheet extends JobRow {
  readonly task: string
  readonly has_manifest: boolean
  readonly has_outcome: boolean
  readonly stage_ms?: Counts
  readonly files: readonly FileRow[]
  readonly events: readonly JobEvent[]
}

export interface FileRow {
  readonly name: string
  readonly started_at: string
  readonly size_bytes?: number
  readonly duration_ms?: number
  readonly plan: string
  readonly segments: readonly SegmentRow[]
}

export interface SegmentRow {
  readonly id: string
  readonly started_at: string
  readonly finished_at: string
  readonly verdict: 'open' | 'landed' | 'silent' | 'failed'
  readonly reason_code?: string
}

/** One line of a timeline; its facts stand beside these two. */
export type JobEvent = { readonly at: string; readonly name: string } & Readonly<
  Record<string, string>
>

export interface ConversationPage {
  readonly conversations: readonly Conversation[]
  readonly next_cursor?: string
}

export interface Conversation {
  readonly id: string
  readonly started_at: string
  readonly finished_at: string
  readonly source: string
  readonly device: string
  readonly locked: boolean
  readonly title?: string
  readonly overview?: string
  readonly segments: readonly {
    readonly id: string
    readonly started_at: string
    readonly finished_at: string
    readonly text: string
  }[]
}
