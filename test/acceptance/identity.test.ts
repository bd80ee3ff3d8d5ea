import { afterEach, describe, expect, it } from 'vitest'
import { loadDemoFiles } from '../../src/local/demo/demo-files.ts'
import { createTokenIssuer, type TokenIssuer } from '../../src/local/issuer/index.ts'
import { LOCAL_NAMES } from '../../src/local/stack/index.ts'
import { ask, eventually, newUser, stackForTests, stagedObjects } from './rig.ts'

const stack = stackForTests()
/** Another key than the stack's, the same claims. */
const forger = createTokenIssuer({ now: () => Date.now() })
const FIREBASE = { uid: 'anna', projectId: LOCAL_NAMES.project }

type Mint = (issuer: TokenIssuer) => string
const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })

/** The claims of a good token under `alg: none`. */
function unsigned(token: string): string {
  const head = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')
  return `${head}.${token.split('.')[1]}.`
}

describe('a user', () => {
  it('with a Firebase token is who it says, as under the development identity', async () => {
    const { issuer } = stack.running
    const firebase = bearer(issuer.mintFirebase(FIREBASE))
    const form = new FormData()
    for (const file of (await loadDemoFiles(Date.now())).slice(1, 2)) {
      form.append('files', new Blob([file.body]), file.name)
    }
    const request = { ...firebase, method: 'POST', body: form }
    const accepted = await ask(stack.running, '/v2/sync-local-files', request)
    expect(accepted.status).toBe(202)
    const path = `/v2/sync-local-files/${accepted.body.job_id}`
    expect((await ask(stack.running, path, firebase)).status).toBe(200)
    expect((await ask(stack.running, path, bearer('dev:anna'))).status).toBe(200)
    expect((await ask(stack.running, path, bearer('dev:bert'))).status).toBe(403)
    await eventually(
      async () => (await ask(stack.running, path, firebase)).body.status,
      (status) => status === 'completed',
    )
  })

  it.each<[string, Mint | undefined]>([
    ['without a token', undefined],
    ['with nonsense for a token', () => 'nonsense'],
    ['with a development identity of nobody', () => 'dev:'],
    ['with an expired token', (own) => own.mintFirebase({ ...FIREBASE, expiresInSeconds: -600 })],
    [
      "with another project's token",
      (own) => own.mintFirebase({ ...FIREBASE, projectId: 'other' }),
    ],
    ['with a token signed by a stranger', () => forger.mintFirebase(FIREBASE)],
    ['with a token nobody signed', (own) => unsigned(own.mintFirebase(FIREBASE))],
    [
      "with a service account's token",
      (own) => own.mint({ audience: LOCAL_NAMES.project, email: LOCAL_NAMES.invokerEmail }),
    ],
    [
      'with a token of no user',
      (own) => own.mintFirebase({ ...FIREBASE, extraClaims: { sub: '', user_id: '' } }),
    ],
  ])('%s is 401 everywhere, never 403, and stages nothing', async (_, mint) => {
    const init = mint === undefined ? {} : bearer(mint(stack.running.issuer))
    const file = (await loadDemoFiles(Date.now()))[1]
    const form = new FormData()
    form.append('files', new Blob([file?.body ?? '']), file?.name)
    const answers = await Promise.all([
      ask(stack.running, '/v2/sync-local-files', { ...init, method: 'POST', body: form }),
      ask(stack.running, '/v2/sync-local-files/00000000-0000-4000-8000-000000000000', init),
      ask(stack.running, '/v2/conversations', init),
    ])
    for (const answer of answers) {
      expect(answer).toMatchObject({ status: 401, body: { code: 'unauthenticated' } })
    }
    expect(await stagedObjects(stack.running)).toEqual([])
  })
})

describe('a task endpoint (I10)', () => {
  const control = (deed: string) =>
    fetch(`${stack.running.tasks.controlUrl}/${deed}`, { method: 'POST' })
  afterEach(async () => {
    await control('resume')
  })

  const good = () => ({ audience: stack.running.api, email: LOCAL_NAMES.invokerEmail })

  it.each<[string, Mint | undefined]>([
    ['without a token', undefined],
    ['with nonsense for a token', () => 'nonsense'],
    ['with a token signed by a stranger', () => forger.mint(good())],
    ['with an expired token', (own) => own.mint({ ...good(), expiresInSeconds: -600 })],
    ['with a token for somebody else', (own) => own.mint({ ...good(), audience: 'https://else' })],
    ['of another account', (own) => own.mint({ ...good(), email: 'x@y.iam.gserviceaccount.com' })],
    ['of an account nobody verified', (own) => own.mint({ ...good(), emailVerified: false })],
    ["with a user's token", (own) => own.mintFirebase(FIREBASE)],
    ['with a development identity', () => 'dev:anna'],
    ['with a token nobody signed', (own) => unsigned(own.mint(good()))],
  ])('answers a caller %s with 403 and does nothing', async (_, mint) => {
    const { running } = stack
    await control('pause')
    const user = newUser(running)
    const jobId = await user.client.upload((await loadDemoFiles(Date.now())).slice(1, 2))
    const init = mint === undefined ? {} : bearer(mint(running.issuer))
    const [name] = await stagedObjects(running)
    const manifest = `${name?.split('/').slice(0, 3).join('/')}/manifest.json`
    const body = JSON.stringify({
      schema_version: 1,
      job_id: jobId,
      uid_shard: Number.parseInt(jobId.slice(-2), 16),
      generation: 0,
      manifest,
    })
    const path = `/v2/sync-local-files/${jobId}`
    for (const endpoint of ['/v2/sync-jobs/run', '/v2/sync-jobs/reap']) {
      expect(await ask(running, endpoint, { ...init, method: 'POST', body })).toMatchObject({
        status: 403,
      })
    }
    expect((await ask(running, path, user)).body).toMatchObject({ status: 'queued', attempt: 0 })

    // The same call from the queue's own account is a delivery: the refusals were about the caller.
    const own = { ...bearer(running.mintTaskToken()), method: 'POST', body }
    expect(await ask(running, '/v2/sync-jobs/run', own)).toMatchObject({
      status: 200,
      body: { result: 'done' },
    })
    expect((await ask(running, path, user)).body).toMatchObject({ status: 'completed', attempt: 1 })
  })
})
