import type { Client } from '@millrace/client'
import { findChromium, type OidcUser, startOidcIssuer, type TestOidcIssuer } from '@millrace/testing'
import axe from 'axe-core'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, vi } from 'vitest'
import { type Dev, startDev } from './dev.fixture.ts'

/** A browser, a platform and what it runs share the machine with other tests; what goes wrong here is wrong, not slow. */
const stepMs = 90_000
const testMs = 240_000

/** What a page may complain of when a test provokes it, such as a refused change. */
const usualComplaints = [/Failed to load resource: the server responded with a status of 4\d\d/]

/** The console in a real Chromium, served by `millrace dev` on its embedded database. */
export interface ConsoleUnderTest {
  readonly dev: Dev
  readonly url: string
  /** As the administrator, to make what a test looks at. */
  readonly api: Client
  /** What pages may complain of in the test that asks for it, such as a server that it takes away. */
  allowComplaints(pattern: RegExp): void
  /** A page of the administrator's browser, at a path. */
  open(path?: string, options?: ViewOptions): Promise<Page>
  /** A page of a browser that nobody is signed in with. */
  openAnonymously(path?: string, options?: ViewOptions): Promise<Page>
  /** A page of somebody else's browser, who signs in at the issuer. Needs `people: true`. */
  openAs(user: OidcUser, path?: string, options?: ViewOptions): Promise<Page>
}

export interface ViewOptions {
  readonly width?: number
  readonly height?: number
  readonly colorScheme?: 'light' | 'dark'
}

/**
 * A platform and a browser for the tests of a file. After each test its pages are closed, and what they complained of (errors,
 * a violated content security policy) fails it.
 */
export function useConsole({
  people = false,
  env = {},
  args = [],
}: {
  /** Whether others than the administrator sign in, at an issuer of their own. */
  readonly people?: boolean
  readonly env?: Readonly<Record<string, string>>
  /** Of `millrace dev`. */
  readonly args?: readonly string[]
} = {}): ConsoleUnderTest {
  vi.setConfig({ testTimeout: testMs })
  let dev: Dev
  let browser: Browser
  let issuer: TestOidcIssuer | undefined
  let administrator: Awaited<ReturnType<BrowserContext['storageState']>> | undefined
  const contexts = new Set<BrowserContext>()
  let complaints: string[] = []
  let allowed: RegExp[] = []

  const executablePath = findChromium()
  beforeEach(({ skip }) => {
    if (executablePath === null) skip('this machine has no Chromium')
  })
  beforeAll(async () => {
    if (executablePath === null) return
    if (people) issuer = await startOidcIssuer()
    const oidc =
      issuer === undefined ? {} : { MILLRACE_OIDC_ISSUER: issuer.url, MILLRACE_OIDC_CLIENT_SECRET: issuer.clientSecret }
    ;[dev, browser] = await Promise.all([
      startDev({ env: { ...oidc, ...env }, args }),
      chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] }),
    ])
  })
  afterEach(async () => {
    for (const context of contexts) await context.close()
    contexts.clear()
    const said = complaints
    const unexpected = said.filter((complaint) => !allowed.some((pattern) => pattern.test(complaint)))
    complaints = []
    allowed = []
    expect(unexpected).toEqual([])
  })
  afterAll(async () => {
    await browser?.close()
    await dev?.[Symbol.asyncDispose]()
    await issuer?.stop()
  })

  const newPage = async (options: ViewOptions, storageState?: typeof administrator): Promise<Page> => {
    const { width = 1280, height = 900, colorScheme = 'light' } = options
    const context = await browser.newContext({
      viewport: { width, height },
      colorScheme,
      locale: 'en-GB',
      timezoneId: 'Europe/Berlin',
      ...(storageState === undefined ? {} : { storageState }),
    })
    contexts.add(context)
    const page = await context.newPage()
    page.setDefaultTimeout(stepMs)
    page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error.stack ?? error.message}`))
    page.on('console', (message) => {
      if (message.type() !== 'error' && !/Content Security Policy/i.test(message.text())) return
      if (!usualComplaints.some((usual) => usual.test(message.text())))
        complaints.push(`${page.url()}: ${message.text()}`)
    })
    return page
  }

  return {
    get dev() {
      return dev
    },
    get url() {
      return dev.url
    },
    get api() {
      return dev.api
    },
    allowComplaints: (pattern) => void allowed.push(pattern),
    async open(path = '/', options = {}) {
      const page = await newPage(options, administrator)
      if (administrator === undefined) {
        await page.goto(dev.link)
        await page.waitForURL(`${dev.url}/`)
        administrator = await page.context().storageState()
      }
      await page.goto(`${dev.url}${path}`)
      return page
    },
    async openAnonymously(path = '/', options = {}) {
      const page = await newPage(options)
      await page.goto(`${dev.url}${path}`)
      return page
    },
    async openAs(user, path = '/', options = {}) {
      if (issuer === undefined) throw new Error('Say `people: true` to have an issuer.')
      const page = await newPage(options)
      issuer.change(user)
      await page.context().addCookies([issuer.browserCookie(user)])
      await page.goto(`${dev.url}/api/auth/login?next=${encodeURIComponent(path)}`)
      await page.waitForURL(`${dev.url}${path}`)
      return page
    },
  }
}

/** Fails on what keeps people from using the page: problems that axe calls serious or critical. */
export async function expectAccessible(page: Page): Promise<void> {
  expect(await barriersOf(page)).toEqual([])
}

/** Rules of axe that colors and widths of a page decide, or controls that are only there on a narrow one. */
export const rulesOfViews = [
  ...['color-contrast', 'link-in-text-block', 'scrollable-region-focusable', 'aria-hidden-focus'],
  ...['button-name', 'link-name', 'label', 'aria-input-field-name', 'aria-command-name', 'select-name'],
]

interface Look {
  /** Default: all rules of axe. */
  readonly rules?: readonly string[]
  /** Also at the head and the list of areas, which are the same on every page. Default: no. */
  readonly shell?: boolean
}

/** What `expectAccessible` would fail on, a line for each kind. */
export async function barriersOf(page: Page, { rules, shell = false }: Look = {}): Promise<readonly string[]> {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source)
  // A color that is on its way to another is neither.
  await page.waitForFunction(() => !document.getAnimations().some((one) => one instanceof CSSTransition))
  const { violations } = await page.evaluate(
    async ({ runOnly, exclude }) => {
      const here = exclude.filter((one) => document.querySelector(one) !== null)
      return await (window as unknown as { axe: typeof axe }).axe.run(
        here.length === 0 ? document : { exclude: here },
        {
          ...(runOnly === undefined ? {} : { runOnly: [...runOnly] }),
          resultTypes: ['violations'],
        },
      )
    },
    { runOnly: rules, exclude: shell ? [] : ['header', '#areas'] },
  )
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(
      ({ id, nodes }) =>
        `${id}: ${nodes
          .slice(0, 3)
          .map(({ html, failureSummary }) => `${html} ${failureSummary}`)
          .join(' | ')}`,
    )
}
