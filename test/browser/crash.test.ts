import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { loadDemoFiles } from '../../src/local/demo/demo-files.ts'
import { newUser, stackForTests } from '../acceptance/rig.ts'
import { browserForTests, expectAccessible, openConsole, signIn } from './rig.ts'

/** Four recordings and a recogniser of words, on a machine that may be busy with other things. */
const TIMEOUT_MS = 600_000

const stack = stackForTests({ speech: 'offline', recoveryIntervalMs: 1_000 })
const browser = browserForTests()

/** A worker killed in the middle, and another after it; the page is open all the while. */
test(
  'a job’s page follows it through the death of its worker to its end (F33)',
  async () => {
    const { running } = stack
    const user = newUser(running)
    running.gcs.faults.add({ operation: 'create', prefix: 'transcripts/', delayMs: 600_000 })
    const jobId = await user.client.upload(await loadDemoFiles(Date.now()))
    await using opened = await openConsole(browser.running, running, { hash: `#/jobs/${jobId}` })
    const { page, complaints } = opened
    await signIn(page)
    await page.getByText('transcribing').first().waitFor({ timeout: 240_000 })
    await page
      .locator('.strip .segment.landed')
      .nth(2)
      .waitFor({ timeout: 240_000, state: 'attached' })
    const firstPid = running.servicePid()
    running.gcs.faults.clear()
    running.killService('SIGKILL')
    await page.getByText('claimed, after a death').waitFor({ timeout: 240_000 })
    await page.getByText(/^Attempt 1 .*its worker died/).waitFor()
    expect(running.servicePid()).not.toBe(firstPid)
    await page.locator('.summary .badge.completed').waitFor({ timeout: 240_000 })
    await page.getByText(/^Attempt 2 .*to the end/).waitFor()
    expect(await page.locator('.strip .segment.landed').count()).toBe(4)
    expect(await page.locator('.strip .segment.open').count()).toBe(0)
    await expectAccessible(page)

    await page.getByRole('button', { name: 'Conversations of this user' }).click()
    await page.getByLabel('Reason, for the record').fill('the user asked')
    await page.getByRole('button', { name: 'Read' }).click()
    await page.getByRole('heading', { name: 'Conversations of this user' }).waitFor()
    expect(await page.locator('.conversation').count()).toBeGreaterThan(1)
    expect(await page.locator('.said li').first().textContent()).toMatch(/[a-z]{3}/)
    await expectAccessible(page)
    const log = await readFile(running.logFile, 'utf8')
    expect(log).toMatch(
      /"action":"read_conversations","reason":"the user asked","operator":"ana@localhost"/,
    )
    // While no service listens the page says so, and its browser that a connection was refused.
    expect(complaints).toEqual([])
  },
  TIMEOUT_MS,
)
