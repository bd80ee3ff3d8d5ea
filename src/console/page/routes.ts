/** Where in the page one is; everything that can be shared stands in the address, tokens never do. */
export type Route =
  | { readonly view: 'overview' }
  | { readonly view: 'jobs'; readonly query: URLSearchParams }
  | { readonly view: 'job'; readonly jobId: string }

export function routeOf(hash: string): Route {
  const [path = '', search = ''] = hash.replace(/^#/, '').split('?')
  const [, view, id] = path.split('/')
  if (view === 'jobs' && id) return { view: 'job', jobId: decodeURIComponent(id) }
  if (view === 'jobs') return { view: 'jobs', query: new URLSearchParams(search) }
  return { view: 'overview' }
}

export function jobHash(jobId: string): string {
  return `#/jobs/${encodeURIComponent(jobId)}`
}

export function jobsHash(query: Readonly<Record<string, string>> | URLSearchParams = {}): string {
  const search = new URLSearchParams(query).toString()
  return search === '' ? '#/jobs' : `#/jobs?${search}`
}

const JOB_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** A job's id goes to that job; anything else is taken for a user's id. */
export function searchHash(text: string): string {
  const wanted = text.trim()
  if (wanted === '') return jobsHash()
  return JOB_ID.test(wanted) ? jobHash(wanted.toLowerCase()) : jobsHash({ user: wanted })
}
