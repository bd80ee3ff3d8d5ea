import { setTimeout as delay } from 'node:timers/promises'

/**
 * `node infra/release/smoke.ts URL`: whether a revision that takes no traffic yet would do. It asks
 * only what changes nothing and needs no account, so that it can be asked of production: that the
 * service is ready, and that every door is shut to strangers, with the code that says so. What takes an
 * account, `npm run cli -- doctor` looks at.
 */
const READY_WITHIN_MS = 60_000
const ANSWER_WITHIN_MS = 10_000

interface Check {
  readonly what: string
  readonly path: string
  readonly method?: 'POST'
  /** Each of them will do: a local stack says more to strangers than production. */
  readonly status: readonly number[]
}

const CHECKS: readonly Check[] = [
  { what: 'answers', path: '/health', status: [200] },
  { what: 'knows uploads by their user', path: '/v2/sync-local-files', method: 'POST', status: [401] },
  { what: 'shows nobody a job', path: `/v2/sync-local-files/${'0'.repeat(8)}`, status: [401] },
  { what: 'runs no job for a stranger', path: '/v2/sync-jobs/run', method: 'POST', status: [403] },
  { what: 'makes no summary for a stranger', path: '/v2/sync-jobs/enrich', method: 'POST', status: [403] },
  { what: 'recovers for nobody but its timer', path: '/v2/sync-jobs/reap', method: 'POST', status: [403] },
  { what: 'obeys nobody but operators', path: '/v2/admin/overview', status: [401, 403] },
]

async function main(base: string): Promise<number> {
  if (!URL.canParse(base)) {
    say('usage: node infra/release/smoke.ts URL')
    return 2
  }
  const url = base.replace(/\/$/, '')
  if (!(await becomesReady(url))) {
    say(`missed  is not ready after ${READY_WITHIN_MS / 1_000} s: ${url}/ready`)
    return 1
  }
  say('ok      is ready: Redis answers')
  let missed = 0
  for (const check of CHECKS) {
    const fault = await faultOf(url, check)
    if (fault !== undefined) missed += 1
    say(fault === undefined ? `ok      ${check.what}` : `missed  ${check.what}: ${fault}`)
  }
  return missed === 0 ? 0 : 1
}

async function becomesReady(url: string): Promise<boolean> {
  const deadline = performance.now() + READY_WITHIN_MS
  while (performance.now() < deadline) {
    const answer = await ask(`${url}/ready`).catch(() => undefined)
    if (answer?.status === 200) return true
    await delay(1_000)
  }
  return false
}

async function faultOf(url: string, { path, method, status }: Check): Promise<string | undefined> {
  try {
    const answer = await ask(`${url}${path}`, method)
    if (!status.includes(answer.status)) return `answered ${answer.status}, not ${status.join(' or ')}`
    const isRefusal = answer.status >= 400
    // Users and operators are told a code, the queue a result.
    const hasCode = /"(code|result)"\s*:\s*"\w+"/.test(answer.text)
    return isRefusal && !hasCode ? 'a refusal without its code' : undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

async function ask(url: string, method = 'GET') {
  const signal = AbortSignal.timeout(ANSWER_WITHIN_MS)
  const answer = await fetch(url, { method, signal, redirect: 'manual' })
  return { status: answer.status, text: await answer.text() }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

process.exitCode = await main(process.argv[2] ?? '')
