import { expect, test } from 'vitest'
import { newUser, recordedBody, secondsAgo, stackForTests } from '../acceptance/rig.ts'
import { browserForTests, expectAccessible, openConsole } from './rig.ts'

const AUDIENCE = '1234-abc.apps.googleusercontent.com'
const EMAIL = 'ana@example.com'
const stack = stackForTests({
  settings: {
    OPERATOR_EMAILS: EMAIL,
    OPERATOR_AUDIENCE: AUDIENCE,
    GOOGLE_CLOUD_PROJECT: 'a-project',
  },
})
const browser = browserForTests()

const GOOGLE = 'https://accounts.google.com/o/oauth2/v2/auth**'

/** Plays Google: sends the browser back with a token of the stack's issuer, and what it was asked. */
function answerLike(change: (answer: { state: string; nonce: string }) => object = (a) => a) {
  return (url: URL): string => {
    const asked = url.searchParams
    const facts = { state: asked.get('state') ?? '', nonce: asked.get('nonce') ?? '' }
    const {
      state,
      nonce,
      email = EMAIL,
    } = { ...facts, ...change(facts) } as typeof facts & { email?: string }
    const audience = asked.get('client_id') ?? ''
    const token = stack.running.issuer.mint({ audience, email, extraClaims: { nonce } })
    return `${asked.get('redirect_uri')}#${new URLSearchParams({ state, id_token: token })}`
  }
}

test('Google’s redirect brings an operator in, and the token is kept nowhere', async () => {
  await using opened = await openConsole(browser.running, stack.running, {
    hash: '#/jobs?state=failed',
  })
  const { page, complaints } = opened
  await page.route(GOOGLE, (route) =>
    route.fulfill({
      status: 302,
      headers: { location: answerLike()(new URL(route.request().url())) },
    }),
  )
  await page.getByRole('button', { name: 'Sign in with Google' }).waitFor()
  await expectAccessible(page)
  await page.getByRole('button', { name: 'Sign in with Google' }).click()
  await page.getByText(EMAIL).waitFor()
  // Back where the sign-in began, and nothing of it in the address.
  expect(page.url()).toBe(`${stack.running.api}/console#/jobs?state=failed`)
  expect(await page.context().cookies()).toEqual([])
  const kept = await page.evaluate('JSON.stringify([{...localStorage}, {...sessionStorage}])')
  expect(kept).toBe('[{},{}]')
  await page.reload()
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  expect(complaints).toEqual([])
})

test.each([
  ['another sign-in’s state', () => ({ state: 'else' }), 'not begun here'],
  ['another sign-in’s nonce', () => ({ nonce: 'else' }), 'not begun here'],
  ['somebody who is no operator', () => ({ email: 'eve@example.com' }), 'wrong_account'],
])('a redirect with %s stays outside (I10)', async (_, change, told) => {
  await using opened = await openConsole(browser.running, stack.running)
  const { page } = opened
  await page.route(GOOGLE, (route) =>
    route.fulfill({
      status: 302,
      headers: { location: answerLike(change)(new URL(route.request().url())) },
    }),
  )
  await page.getByRole('button', { name: 'Sign in with Google' }).click()
  await page.getByRole('alert').getByText(told).waitFor()
  expect(await page.getByText('Overview').count()).toBe(0)
})

test('a pasted token brings in whom it names, until it is over', async () => {
  await using opened = await openConsole(browser.running, stack.running)
  const { page, complaints } = opened
  await page.getByLabel('Identity token').fill('nonsense')
  await page.getByRole('button', { name: 'Sign in with this token' }).click()
  await page.getByRole('alert').waitFor()
  const token = stack.running.issuer.mint({ audience: AUDIENCE, email: EMAIL })
  await page.getByLabel('Identity token').fill(token)
  await page.keyboard.press('Enter')
  await page.getByText(EMAIL).waitFor()
  await page.locator('.card').first().waitFor()
  await page.route('**/v2/admin/**', (route) =>
    route.fulfill({
      status: 403,
      json: { code: 'forbidden', detail: 'the operator was refused: expired' },
    }),
  )
  await page.getByRole('alert').getByText('expired').waitFor()
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  expect(complaints).toEqual([])
})

test('a job’s page leads to its log in the project', async () => {
  const { running } = stack
  const body = await recordedBody('austen-unless')
  const name = `audio_demo_opus_16000_1_fs320_${secondsAgo(3_600)}.bin`
  const jobId = await newUser(running).client.upload([{ name, body }])
  await using opened = await openConsole(browser.running, running, { hash: `#/jobs/${jobId}` })
  const { page } = opened
  const token = running.issuer.mint({ audience: AUDIENCE, email: EMAIL })
  await page.getByLabel('Identity token').fill(token)
  await page.keyboard.press('Enter')
  const href = await page.getByRole('link', { name: 'Logs' }).getAttribute('href')
  expect(decodeURIComponent(href ?? '')).toContain(`jsonPayload.jobId="${jobId}"`)
  expect(href).toMatch(/\?project=a-project$/)
})
