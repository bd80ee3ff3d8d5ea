import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import * as z from 'zod'
import type { Stack } from '../../src/local/stack/index.ts'
import { eventually, newUser, recordedBody, secondsAgo, stackForTests } from '../acceptance/rig.ts'
import { browserForTests, expectAccessible, openConsole, signIn, tabTo } from './rig.ts'
import { seedQueuedJobs } from './seed-jobs.ts'

const stack = stackForTests({ recoveryIntervalMs: 1_000 })
const browser = browserForTests()

/** Two run, as many as one user may; the others wait. None gets further than its plan. */
async function uploadStuck(running: Stack, files: number): Promise<string[]> {
  const { faults } = running.gcs
  faults.clear()
  faults.add({ operation: 'create', prefix: 'plans/', delayMs: 600_000, times: 1_000 })
  const { client } = newUser(running)
  const body = await recordedBody('austen-unless')
  const ids: string[] = []
  for (let file = 0; file < files; file += 1) {
    const name = `audio_demo_opus_16000_1_fs320_${secondsAgo(3_600 + file * 60)}.bin`
    ids.push(await client.upload([{ name, body }]))
  }
  await eventually(
    () => statusOf(running, ids[0]),
    (status) => status === 'processing',
  )
  return ids
}

async function sheetOf(running: Stack, jobId = ''): Promise<Record<string, unknown>> {
  const headers = { authorization: 'Bearer dev:test' }
  const answer = await fetch(`${running.api}/v2/admin/jobs/${jobId}`, { headers })
  return (await answer.json()) as Record<string, unknown>
}

async function statusOf(running: Stack, jobId: string | undefined): Promise<unknown> {
  return (await sheetOf(running, jobId))['status']
}

const audits = async (running: Stack) =>
  (await readFile(running.logFile, 'utf8'))
    .split('\n')
    .filter((line) => line.includes('"event":"operator_acted"'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)

const card = (page: Page, title: string) =>
  page.locator('.card', { hasText: title }).locator('dd').textContent()

async function giveReason(page: Page, reason: string, deed: string): Promise<void> {
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Reason, for the record').fill(reason)
  await dialog.getByRole('button', { name: deed, exact: true }).click()
}

test('the overview moves with the work, by itself', async () => {
  const { running } = stack
  await using opened = await openConsole(browser.running, running)
  const { page, complaints } = opened
  await signIn(page)
  await page.locator('.card').first().waitFor()
  expect([await card(page, 'Waiting'), await card(page, 'Running')]).toEqual(['0', '0'])
  const chart = page.getByRole('img', { name: /^Waiting and running/ })
  await chart.locator('canvas').waitFor()
  const picture = () => page.evaluate(`document.querySelector('.plot canvas').toDataURL()`)
  const before = await picture()
  const ids = await uploadStuck(running, 4)
  await eventually(
    () => card(page, 'Running'),
    (shown) => shown === '2',
    30_000,
  )
  expect(await card(page, 'Waiting')).toBe('2')
  expect(await chart.getAttribute('aria-label')).toContain('2 waiting, 2 running now')
  expect(await picture()).not.toBe(before)
  // Whoever stands on a number stays there while it is drawn anew.
  await page.locator('.card a').first().focus()
  const looked = await page.locator('#looked').textContent()
  await eventually(
    () => page.locator('#looked').textContent(),
    (shown) => shown !== looked,
  )
  expect(await page.evaluate(`document.activeElement.matches('.card a')`)).toBe(true)
  const errors = page.locator('.panel', { hasText: 'Errors by reason' })
  const headers = { authorization: 'Bearer dev:test', 'content-type': 'application/json' }
  for (const id of ids) {
    const body = JSON.stringify({ reason: 'over' })
    await fetch(`${running.api}/v2/admin/jobs/${id}/fail`, { method: 'POST', headers, body })
  }
  const failures = errors.getByRole('listitem').filter({ hasText: 'sync_operator_failed' })
  await eventually(
    () => failures.textContent(),
    (shown) => shown === 'sync_operator_failed4',
    30_000,
  )
  await expectAccessible(page)
  expect(complaints).toEqual([])
})

test('jobs are acted on after a reason was given, and every act is on the record', async () => {
  const { running } = stack
  const [first = '', second = '', third = ''] = await uploadStuck(running, 3)
  const known = (await audits(running)).length
  await using opened = await openConsole(browser.running, running, { hash: `#/jobs/${first}` })
  const { page, complaints } = opened
  await signIn(page, 'bo')
  await page.getByRole('button', { name: 'Requeue…' }).click()
  const dialog = page.getByRole('dialog')
  // Without a reason nothing is done.
  await dialog.getByRole('button', { name: 'Requeue this job' }).click()
  expect(await dialog.isVisible()).toBe(true)
  await expectAccessible(page)
  await giveReason(page, 'its worker hangs', 'Requeue this job')
  await page.getByRole('cell', { name: /its worker hangs/ }).waitFor()
  await page.getByRole('button', { name: 'Fail…' }).click()
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  expect(await audits(running)).toHaveLength(known + 1)
  await page.getByRole('button', { name: 'Fail…' }).click()
  await giveReason(page, 'broken for good', 'Fail this job')
  await page.locator('.summary .badge.failed').waitFor()
  for (const action of ['Requeue…', 'Fail…', 'Cancel…']) {
    expect(await page.getByRole('button', { name: action }).isDisabled()).toBe(true)
  }
  await page.getByRole('link', { name: 'Jobs of this user' }).click()
  await page.getByRole('link', { name: second.slice(0, 8) }).click()
  await page.getByRole('button', { name: 'Cancel…' }).click()
  await giveReason(page, 'asked by mail', 'Cancel this job')
  await page.getByText(/^sync_cancelled/).waitFor()
  await page.getByRole('button', { name: 'Reap now…' }).click()
  await giveReason(page, 'after the drill', 'Reap')
  await page
    .getByRole('dialog')
    .getByText(/^Pass done/)
    .waitFor()
  await page.getByRole('button', { name: 'Close' }).click()

  expect(await statusOf(running, third)).toMatch(/queued|processing/)
  expect((await audits(running)).slice(known)).toMatchObject([
    { action: 'requeue', reason: 'its worker hangs', operator: 'bo@localhost', jobId: first },
    { action: 'fail', reason: 'broken for good', jobId: first },
    { action: 'cancel', reason: 'asked by mail', jobId: second },
    { action: 'reap', reason: 'after the drill' },
  ])
  expect(complaints).toEqual([])
})

test('a hand that never leaves the keyboard finds a job and ends it', async () => {
  const { running } = stack
  const [, , jobId = ''] = await uploadStuck(running, 3)
  await using opened = await openConsole(browser.running, running)
  const { page, complaints } = opened
  await page.getByLabel('Your name').waitFor()
  await page.keyboard.press('Enter')
  await page.getByText('operator@localhost').waitFor()
  await tabTo(page, /^Jobs$/)
  await page.keyboard.press('Enter')
  await page.getByRole('link', { name: jobId.slice(0, 8) }).waitFor()
  // The new place's title has the focus, so that what follows is its content.
  expect(await page.evaluate('document.activeElement.tagName')).toBe('H1')
  await tabTo(page, new RegExp(`^${jobId.slice(0, 8)}$`))
  await page.keyboard.press('Enter')
  await page.getByText('Waits for').waitFor()
  await tabTo(page, /^Cancel…$/)
  await page.keyboard.press('Enter')
  await page.keyboard.type('by hand')
  await page.keyboard.press('Enter')
  await page.getByText(/^sync_cancelled/).waitFor()
  expect(await statusOf(running, jobId)).not.toBe('queued')
  expect(complaints).toEqual([])
})

test('jobs are filtered, searched and paged, and each view has its address', async () => {
  const { running } = stack
  const [jobId = ''] = await uploadStuck(running, 1)
  await seedQueuedJobs(running.redisUrl, 'many-jobs', 120)
  await using opened = await openConsole(browser.running, running, {
    hash: '#/jobs?user=many-jobs',
  })
  const { page, complaints } = opened
  await signIn(page)
  const rows = page.locator('tbody tr')
  const ids = async () =>
    z
      .array(z.string())
      .parse(
        await page.evaluate(`[...document.querySelectorAll('tbody th a')].map((a) => a.title)`),
      )
  const seen = new Set<string>()
  for (const count of [50, 50, 20]) {
    await eventually(
      () => rows.count(),
      (shown) => shown === count,
    )
    for (const id of await ids()) seen.add(id)
    if (count === 50) await page.getByRole('link', { name: 'Older' }).click()
    await eventually(ids, (shown) => count === 20 || !seen.has(shown[0] ?? ''))
  }
  expect(seen.size).toBe(120)
  expect(await page.getByRole('link', { name: 'Older' }).count()).toBe(0)
  await page.goBack()
  await eventually(
    () => rows.count(),
    (shown) => shown === 50,
  )
  await page.getByRole('link', { name: 'Newest' }).click()
  await expectAccessible(page)

  // Nobody's id stands in an address that a server would log.
  const asked: string[] = []
  page.on('request', (request) => asked.push(request.url()))
  await page.getByRole('button', { name: 'Show' }).click()
  await eventually(
    () => asked.length,
    (count) => count > 0,
  )
  expect(asked.filter((url) => url.includes('many-jobs'))).toEqual([])

  await page.getByLabel('State').selectOption('failed')
  await page.getByLabel('Reason').selectOption('sync_operator_failed')
  await page.getByLabel('User id').fill('')
  await page.getByRole('button', { name: 'Show' }).click()
  await page.getByRole('cell', { name: 'sync_operator_failed' }).first().waitFor()
  expect(new URL(page.url()).hash).toBe('#/jobs?state=failed&reason=sync_operator_failed')
  await page.getByLabel('Lane').selectOption('backfill')
  await page.getByRole('button', { name: 'Show' }).click()
  await page.getByText('No such jobs.').waitFor()

  await page.getByLabel('Find a job or a user by id').fill(jobId)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: `Job ${jobId}` }).waitFor()
  await page.getByLabel('Find a job or a user by id').fill('00000000-0000-4000-8000-000000000000')
  await page.keyboard.press('Enter')
  await page.getByText('the store holds no such job (job_not_found)').waitFor()
  expect(complaints).toEqual([])
})

test.each(['light', 'dark'] as const)(
  'every view is accessible and fits in %s',
  async (colorScheme) => {
    const { running } = stack
    const [jobId = ''] = await uploadStuck(running, 1)
    await using opened = await openConsole(browser.running, running, { colorScheme })
    const { page, complaints } = opened
    await page.getByLabel('Your name').waitFor()
    await expectAccessible(page)
    await signIn(page)
    const paper = await page.evaluate('getComputedStyle(document.body).backgroundColor')
    expect(String(paper)).toMatch(
      colorScheme === 'dark' ? /rgb\(20, 23, 28\)/ : /rgb\(246, 247, 249\)/,
    )
    for (const hash of ['#/', '#/jobs', `#/jobs/${jobId}`]) {
      await page.evaluate(`location.hash = '${hash}'`)
      await page.locator('h1').waitFor()
      await page.locator('.card, tbody tr').first().waitFor()
      await expectAccessible(page)
      for (const width of [1280, 375]) {
        await page.setViewportSize({ width, height: 800 })
        const over = 'document.documentElement.scrollWidth - document.documentElement.clientWidth'
        expect([hash, width, await page.evaluate(over)]).toEqual([hash, width, 0])
      }
      await page.setViewportSize({ width: 1280, height: 900 })
    }
    expect(complaints).toEqual([])
  },
)

test('its policy stops a script that somebody slipped in', async () => {
  await using opened = await openConsole(browser.running, stack.running)
  const { page, complaints } = opened
  await signIn(page)
  await page.evaluate(`
    const script = document.createElement('script')
    try { script.textContent = 'window.slipped = true' } catch {}
    document.body.append(script)`)
  expect(await page.evaluate('window.slipped')).toBeUndefined()
  await eventually(
    () => complaints.length,
    (count) => count > 0,
  )
  expect(complaints.join()).toMatch(/Trusted|script-src/)
})
