/** A refusal of the API, in its own words. */
export class ApiError extends Error {
  override name = 'ApiError'
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, detail: string) {
    super(detail)
    this.status = status
    this.code = code
  }

  /** The token proves nobody who may be here, or no longer. */
  get isIdentity(): boolean {
    return this.status === 401 || this.status === 403
  }
}

export interface Api {
  get<T>(path: string, headers?: Readonly<Record<string, string>>): Promise<T>
  post<T>(path: string, body: unknown): Promise<T>
}

/** The token lives in this closure and nowhere else: a reload forgets it. */
export function createApi(token: string, onIdentityLost: (error: ApiError) => void): Api {
  const ask = async <T>(path: string, init: RequestInit): Promise<T> => {
    const headers = {
      ...init.headers,
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
    }
    const answer = await fetch(path, { ...init, headers, credentials: 'omit', cache: 'no-store' })
    const text = await answer.text()
    const body = parsed(text)
    // The server is of the same revision as the page, or nearly so.
    if (answer.ok) return body as T
    const { code, detail } = body as { code?: string; detail?: string }
    const error = new ApiError(
      answer.status,
      code ?? 'unreadable',
      detail ?? `the server answered ${answer.status}`,
    )
    if (error.isIdentity) onIdentityLost(error)
    throw error
  }
  return {
    get: (path, headers = {}) => ask(path, { headers }),
    post: (path, body) => ask(path, { method: 'POST', body: JSON.stringify(body) }),
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}

/** What went wrong, for a person. */
export function messageOf(error: unknown): string {
  if (error instanceof ApiError) return `${error.message} (${error.code})`
  return error instanceof Error ? `The service does not answer: ${error.message}` : String(error)
}
