import axe from 'axe-core'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, inject } from 'vitest'
import * as z from 'zod'
import type { Stack } from '../../src/local/stack/index.ts'
import { findChromium } from './find-chromium.ts'

/** A Chromium for all cases of a file. */
export function browserForTests(): { readonly running: Browser } {
  let browser: Browser | undefined
  beforeAll(async () => {
    const found = await findChromium(inject('findOptions'))
    if ('missing' in found) throw new Error(found.missing)
    browser = await chromium.launch({ executablePath: found.command, env: { ...found.env } })
  }, 300_000)
  afterAll(() => browser?.close())
  return {
    get running() {
      if (!browser) throw new Error('the browser starts in beforeAll')
      return browser
    },
  }
}

/** A page of the console that keeps what went wrong in it. */
export interface ConsolePage extends AsyncDisposable {
  readonly page: Page
  /** Errors of scripts, and what its policy forbade. */
  readonly complaints: readonly string[]
}

export async function openConsole(
  browser: Browser,
  stack: Pick<Stack, 'api'>,
  { hash = '', ...options }: BrowserContextOptions & { readonly hash?: string } = {},
): Promise<ConsolePage> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('console', (message) => {
    // What the browser says of an answer like 409 or 401 is the page's to show.
    const isAnswer = message.text().startsWith('Failed to load resource')
    if (message.type() === 'error' && !isAnswer) complaints.push(message.text())
  })
  await context.addInitScript(`
    document.addEventListener('securitypolicyviolation', (event) =>
      console.error('forbidden: ' + event.violatedDirective + ' ' + event.blockedURI))`)
  await page.goto(`${stack.api}/console${hash}`)
  return { page, complaints, [Symbol.asyncDispose]: () => context.close() }
}

/** Past the sign-in of a local stack. */
export async function signIn(page: Page, name = 'ana'): Promise<void> {
  await page.getByLabel('Your name').fill(name)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByText(`${name}@localhost`).waitFor()
}

const axeSchema = z.object({
  violations: z.array(z.object({ id: z.string(), nodes: z.array(z.object({ html: z.string() })) })),
  passes: z.array(z.unknown()),
})

/** Every rule of axe-core, the best practices among them. */
export async function expectAccessible(page: Page): Promise<void> {
  await page.evaluate(axe.source)
  const found = axeSchema.parse(await page.evaluate('axe.run(document)'))
  expect(found.violations).toEqual([])
  expect(found.passes.length).toBeGreaterThan(15)
}

/** Tabs on until the element of this name has the focus, as a hand on the keyboard would. */
export async function tabTo(page: Page, name: RegExp): Promise<void> {
  for (let pressed = 0; pressed < 80; pressed += 1) {
    await page.keyboard.press('Tab')
    const text = await page.evaluate(
      `(document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? '').trim()`,
    )
    if (name.test(String(text))) return
  }
  throw new Error(`no Tab leads to ${name}`)
}
