import type { ProviderRequest } from './provider-requests.ts'

export type ProviderFault = {
  /** How many requests meet it; default 1, `Infinity` until cleared. */
  readonly times?: number
  /** Only requests it holds for; default every one. */
  readonly when?: (request: ProviderRequest) => boolean
} & (
  | {
      readonly kind: 'status'
      readonly status: number
      /** The header's text: seconds or a date. */
      readonly retryAfter?: string
      /** Where a redirect points to. */
      readonly location?: string
      /** Default: what that API says with such a status. */
      readonly body?: string
    }
  /** A captive portal: 200, HTML. */
  | { readonly kind: 'html-200' }
  | { readonly kind: 'empty-body' }
  /** Ends well, half way through the JSON. */
  | { readonly kind: 'truncated-json' }
  /** JSON of another API. */
  | { readonly kind: 'wrong-shape' }
  /** This body instead of the transcript, with 200. */
  | { readonly kind: 'body'; readonly body: string; readonly contentType?: string }
  /** Connection reset before any answer. */
  | { readonly kind: 'reset' }
  /** Connection reset half way through the body. */
  | { readonly kind: 'cut' }
  /** Takes the request and never answers. */
  | { readonly kind: 'hang' }
  /** Sends half of the body and then nothing more. */
  | { readonly kind: 'stall' }
  /** Answers rightly, this much later. */
  | { readonly kind: 'slow'; readonly ms: number }
)

export interface ProviderFaults {
  add(...faults: readonly ProviderFault[]): void
  clear(): void
  /** The oldest armed fault that holds for the request, spent once. */
  take(request: ProviderRequest): ProviderFault | undefined
}

export function createProviderFaults(): ProviderFaults {
  let armed: { readonly fault: ProviderFault; left: number }[] = []
  return {
    add(...faults) {
      armed.push(...faults.map((fault) => ({ fault, left: fault.times ?? 1 })))
    },
    clear() {
      armed = []
    },
    take(request) {
      const met = armed.find(({ fault }) => fault.when?.(request) ?? true)
      if (met === undefined) return undefined
      met.left -= 1
      if (met.left <= 0) armed = armed.filter((one) => one !== met)
      return met.fault
    },
  }
}
