import { describe, expect, it, vi } from 'vitest'
import { expectAccessible, useConsole } from '../testing/browser.fixture.ts'
import { seed, type World } from '../testing/seed.ts'

// The first test that needs it fills the platform.
vi.setConfig({ testTimeout: 150_000 })

const served = useConsole({ people: true, args: ['--slots', '6'] })
let seeded: Promise<World> | undefined
const world = () => {
  seeded ??= seed(served.dev)
  return seeded
}

describe('the first page', () => {
  it('shows the ways to begin to whoever has nothing yet', async () => {
    const page = await served.openAs({ id: 'nora', firstName: 'Nora', email: 'nora@example.com' })
    await page.getByRole('heading', { name: 'Deploy a workflow' }).waitFor()
    await page.getByText(/npx millrace deploy/).waitFor()
    await page.getByRole('link', { name: 'make the first one' }).click()
    await page.waitForURL(`${served.url}/projects/new`)
  })

  it('shows what runs, what failed and why, and repairs it', async () => {
    const { runs, project } = await world()
    await served.api.post('/api/data/session_secret_slots', {
      body: { project_id: project.id, name: 'Password of the till', filename: 'till' },
    })
    const page = await served.open('/')
    const failed = page.getByRole('region', { name: 'Failed' })
    await failed.getByText(/3 articles have less than nothing on the shelf/).waitFor()
    await page
      .getByRole('region', { name: 'Running' })
      .getByText(/0 of 2 tasks, 1 running/)
      .waitFor()
    await page.getByRole('region', { name: 'Projects' }).getByRole('img', { name: 'Pinned' }).waitFor()
    await expectAccessible(page)
    const ends = () => failed.locator('time').evaluateAll((all) => all.map((one) => one.getAttribute('datetime')))
    const before = await ends()
    await failed.getByRole('button', { name: /^Retry run \d+ of shop_stock$/ }).click()
    // It fails again; the page hears of both by itself.
    await expect.poll(async () => (await ends()).some((end) => !before.includes(end))).toBe(true)
    expect(await failed.getByRole('button', { name: /^Retry run \d+ of shop_stock$/ }).isEnabled()).toBe(true)
    // What needs the person leads to where it is done.
    await page.getByRole('link', { name: 'Fill in your secrets for sessions of Shop.' }).press('Enter')
    await page.getByRole('button', { name: 'Fill Password of the till' }).waitFor()
    await page.goBack()
    // By a key: what moves on the page meanwhile moves nothing away from beneath it.
    await page.getByRole('link', { name: `run ${runs.running}` }).press('Enter')
    await page.waitForURL(`${served.url}/runs/${runs.running}`)
  })

  it('offers no repair to who may only look', async () => {
    const { group } = await world()
    const viewer = await served.openAs({ id: 'vera', firstName: 'Vera', email: 'vera@example.com' })
    await served.api.patch('/api/data/groups/{slug}/members', {
      params: { path: { slug: group } },
      body: [{ id: 'vera', role: 'viewer' }],
    })
    await viewer.goto(served.url)
    await viewer.getByText(/3 articles have less/).waitFor()
    expect(await viewer.getByRole('button', { name: /Retry/ }).count()).toBe(0)
  })
})

describe('search', () => {
  it('finds projects, workflows and runs by the keyboard alone', async () => {
    const { runs } = await world()
    const page = await served.open('/')
    await page.getByRole('heading', { name: 'Home' }).waitFor()
    const openSearch = async () => {
      await page.keyboard.press('Control+k')
      await page.locator('input[aria-label="Search, or say what to do"]:focus').waitFor()
    }
    await openSearch()
    await page.keyboard.type('shop_ord')
    await page.getByRole('button', { name: /shop_orders/ }).waitFor()
    await expectAccessible(page)
    await page.keyboard.press('Enter')
    await page.waitForURL(`${served.url}/workflows/shop_orders`)

    await openSearch()
    await page.keyboard.type(runs.failed)
    await page.getByRole('button', { name: new RegExp(`^Run ${runs.failed}`) }).waitFor()
    await page.keyboard.press('Enter')
    await page.waitForURL(new RegExp(`/runs/${runs.failed}`))

    await openSearch()
    await page.keyboard.type('dark')
    await page.getByRole('button', { name: 'Dark colors' }).waitFor()
    await page.keyboard.press('Enter')
    await page.locator('html[data-mantine-color-scheme="dark"]').waitFor()
  })

  it('keeps what was looked for in the address, narrows it by facets, and says what is wrong with it', async () => {
    await world()
    const page = await served.open('/search')
    const field = page.getByRole('searchbox', { name: 'Look for' })
    await field.fill('warehouse')
    await page.getByRole('link', { name: 'warehouse', exact: true }).waitFor()
    await field.fill('acme')
    await page.getByRole('link', { name: 'Acme' }).waitFor()
    await field.fill('namespace:acme')
    await page.getByRole('button', { name: 'Project 2' }).click()
    await page.waitForURL(/type%3AProject|type:Project/)
    await page.reload()
    await page.getByText('2 found').waitFor()
    await expectAccessible(page)
    await field.fill('colour:red')
    await page
      .getByRole('alert')
      .getByText(/colour/)
      .waitFor()
  })
})

describe('the shell', () => {
  it('leads to areas by keys, and shows them', async () => {
    const page = await served.open('/')
    await page.getByRole('heading', { name: 'Home' }).waitFor()
    await page.keyboard.press('g')
    await page.keyboard.press('r')
    await page.waitForURL(/\/runs$/)
    // Who reads with the ears hears where they are.
    await page.waitForFunction(() => document.activeElement?.tagName === 'H1' || document.activeElement?.id === 'main')
    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor()
    await expectAccessible(page)
    await page.keyboard.press('Escape')
  })

  it('says that a part of a page is missing, after one try by itself, and goes on when it is there', async () => {
    served.allowComplaints(/did not come|Failed to fetch dynamically imported module/)
    const page = await served.open('/')
    await page.getByRole('heading', { name: 'Home' }).waitFor()
    // As those of a build of which this page was opened are when there is another one.
    await page.route(/\/assets\/groups-page-/, (route) => route.fulfill({ status: 404 }))
    const loaded = page.waitForEvent('load')
    await page.getByRole('link', { name: 'Groups', exact: true }).click()
    await loaded
    await page.getByRole('alert').getByText('A part of this page is missing').waitFor()
    await page.unroute(/\/assets\/groups-page-/)
    await page.getByRole('button', { name: 'Reload' }).click()
    await page.getByRole('heading', { name: 'Groups', exact: true }).waitFor()
  })

  it('tells everybody of an incident', async () => {
    const { etag } = await served.api.get('/api/data/platform/config')
    const change = async (incident_banner: string, match: string) =>
      await served.api.patch('/api/data/platform/config', {
        params: { header: { 'If-Match': match } },
        body: { incident_banner },
      })
    const changed = await change('[!CAUTION]\nThe warehouse is **away**.', etag)
    const page = await served.open('/runs')
    const banner = page.getByRole('region', { name: 'Severe incident' })
    await banner.getByText('The warehouse is').waitFor()
    await banner.locator('strong', { hasText: 'away' }).waitFor()
    await expectAccessible(page)
    await change('', changed.etag)
  })

  it('survives the end of a session, and asks to sign in where one is', async () => {
    const page = await served.openAs({ id: 'sam', firstName: 'Sam', email: 'sam@example.com' }, '/search')
    const field = page.getByRole('searchbox', { name: 'Look for' })
    await field.waitFor()
    await page.context().clearCookies({ name: /session/ })
    await field.fill('something')
    const dialog = page.getByRole('dialog', { name: 'Your session has ended' })
    await dialog.waitFor()
    await expectAccessible(page)
    const [other] = await Promise.all([
      page.context().waitForEvent('page'),
      dialog.getByRole('link', { name: 'Sign in in a new tab' }).click(),
    ])
    await other.waitForURL(`${served.url}/`)
    await other.close()
    await dialog.getByRole('button', { name: 'I have signed in' }).click()
    await dialog.waitFor({ state: 'hidden' })
    expect(await field.inputValue()).toBe('something')
    await page.getByText('0 found').waitFor()
  })

  it('goes on by itself when the server is back', async () => {
    await world()
    const page = await served.open('/')
    await page.getByRole('status').getByText('Live').waitFor()
    served.allowComplaints(/net::ERR_|status of 503/)
    await served.dev.stop()
    await page.getByRole('status').getByText('Reconnecting').waitFor()
    await served.dev.restart()
    await page.getByRole('status').getByText('Live').waitFor({ timeout: 90_000 })
    await page.getByRole('region', { name: 'Running' }).waitFor()
  })
})
