import { join } from 'node:path'
import { startPostgres, type TestPostgres } from '@millrace/testing'
import pg from 'pg'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectAccessible, useConsole } from '../testing/browser.fixture.ts'
import { statements } from './shop.fixture.ts'

const served = useConsole({ people: true })
const viewer = { id: 'vera', firstName: 'Vera', lastName: 'Viewer', email: 'vera@example.com' }

let postgres: TestPostgres
let project: { readonly id: string }
const home = '/projects/acme/shop'

beforeAll(async () => {
  postgres = await startPostgres({ auth: 'scram' })
  await sql(statements.shop)
  await served.api.post('/api/data/groups', { body: { name: 'Acme', slug: 'acme' } })
  project = await served.api.post('/api/data/projects', { body: { name: 'Shop', namespace: 'acme' } })
  await served.api.post('/api/projects/{id}/connections', {
    params: { path: { id: project.id } },
    body: { name: 'warehouse', uri: `duckdb://${join(served.dev.folder, 'warehouse.duckdb')}` },
  })
  // More than the API gives at once stand before those that the tests are about.
  for (let at = 10; at < 40; at++) {
    const body = { name: `archive-${at}`, connector: 'files', config: { path: '/archive/' } }
    await served.api.post('/api/projects/{id}/connections', { params: { path: { id: project.id } }, body })
  }
})
afterAll(async () => await postgres?.stop())

async function sql(text: string): Promise<void> {
  const client = new pg.Client({ connectionString: postgres.url() })
  await client.connect()
  try {
    await client.query(text)
  } finally {
    await client.end()
  }
}

describe('connections', () => {
  it('are tested before they are saved, browsed, and changed, and never show a secret again', async () => {
    const page = await served.open(`${home}/connections`)
    await page.getByRole('link', { name: 'New connection' }).click()
    await page.getByLabel('Search connectors').fill('postgr')
    await page.getByRole('link', { name: /PostgreSQL/ }).click()

    await page.getByRole('textbox', { name: 'Name', exact: true }).fill('shop')
    await page.getByLabel('Host').fill(postgres.host)
    await page.getByLabel('Port').fill('99999')
    await page.getByLabel('User').fill(postgres.user)
    await page.getByRole('textbox', { name: 'Password' }).fill('wrong')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('The most is 65535.').waitFor()

    await page.getByLabel('Port').fill(`${postgres.port}`)
    await page.getByRole('button', { name: 'Test', exact: true }).click()
    await page.getByText('The server could not connect').waitFor()
    await page
      .getByText(/password authentication failed/)
      .first()
      .waitFor()
    await expectAccessible(page)

    await page.getByRole('textbox', { name: 'Password' }).fill(postgres.password)
    await page.getByRole('button', { name: 'Test', exact: true }).click()
    await page.getByText(/The server could connect, in/).waitFor()
    await page.getByRole('button', { name: 'Save' }).click()

    await page.getByRole('button', { name: /orders$/ }).click()
    const rows = page.getByRole('region', { name: /First rows of/ })
    await rows.getByText('customer 1', { exact: true }).waitFor()
    await rows.getByText('NULL').first().waitFor()
    await rows
      .getByRole('button', { name: /long text/ })
      .first()
      .click()
    await page
      .getByRole('dialog')
      .getByText(/long text/)
      .waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await expectAccessible(page)

    await page.getByRole('tab', { name: 'Settings' }).click()
    const password = page.getByRole('textbox', { name: 'Password' })
    expect(await password.inputValue()).toBe('')
    expect(await password.getAttribute('placeholder')).toBe('kept')
    expect(await page.content()).not.toContain(postgres.password)
    await page.getByLabel('Description').fill('The database behind the shop.')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Saved.').waitFor()
    await page.getByRole('button', { name: 'Test', exact: true }).click()
    await page.getByText(/The server could connect, in/).waitFor()
    await expectAccessible(page)
  })

  it('keep what was typed when somebody else changed them in between', async () => {
    const connection = await savedConnection()
    const page = await served.open(`${home}/connections/${connection.id}?tab=settings`)
    await page.getByLabel('Description').fill('Typed by me')
    await page.getByRole('tab', { name: 'Used by' }).click()
    const question = page.getByRole('dialog', { name: 'Leave without saving?' })
    await question.getByRole('button', { name: 'Cancel' }).click()
    expect(await page.getByLabel('Description').inputValue()).toBe('Typed by me')
    await served.api.patch('/api/projects/{id}/connections/{connection}', {
      params: { path: { id: project.id, connection: connection.id }, header: { 'If-Match': connection.etag } },
      body: { description: 'Typed by somebody else', name: 'shop-2' },
    })
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Somebody else changed it in between').waitFor()
    await page.getByRole('button', { name: /Read it again/ }).click()
    await page.getByText('Somebody else changed it in between').waitFor({ state: 'hidden' })
    expect(await page.getByLabel('Description').inputValue()).toBe('Typed by me')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Saved.').waitFor()
    // What only somebody else changed stays as they made it.
    const saved = await savedConnection('shop-2')
    expect(saved.description).toBe('Typed by me')
    await served.api.patch('/api/projects/{id}/connections/{connection}', {
      params: { path: { id: project.id, connection: saved.id }, header: { 'If-Match': saved.etag } },
      body: { name: 'shop' },
    })
    await page.getByRole('tab', { name: 'Used by' }).click()
    await page.waitForURL(/tab=uses/)
  })
})

async function savedConnection(called = 'shop') {
  const all = await served.api.get('/api/projects/{id}/connections', {
    params: { path: { id: project.id }, query: { per_page: 100 } },
  })
  const found = all.find(({ name }) => name === called)
  if (found === undefined) throw new Error('The connection was not saved.')
  return found
}

describe('copies of data', () => {
  it('are planned while they are put together, run, and proven', async () => {
    const page = await served.open(`${home}/copies/new`)
    await choose(page, 'Copy from', /^shop/)
    await page.getByRole('checkbox', { name: /customers/ }).check()
    await choose(page, 'Copy to', /^warehouse/)
    await page.getByText('The table can be copied.').waitFor()
    await page.getByText('new table', { exact: true }).waitFor()
    await page.getByLabel('Proof').selectOption('content')
    await page.getByLabel('Run by a schedule').check()
    await page.getByText('The next ten runs').waitFor()
    await page.getByRole('combobox', { name: 'Cron expression' }).fill('61 6 * * *')
    await page.getByText(/is not a cron expression/).waitFor()
    await page.getByRole('combobox', { name: 'Cron expression' }).fill('0 6 * * *')
    await page.getByRole('combobox', { name: 'Cron expression' }).press('Escape')
    await expectAccessible(page)
    await page.getByText(/^Planned in/).waitFor()
    await page.getByRole('button', { name: 'Save and run' }).click()

    await page.getByText('Proof: equal', { exact: true }).waitFor()
    await page.getByText('Source, under its snapshot').waitFor()
    await expectAccessible(page)
  })

  it('tell of columns that the destination does not have yet, and take them over', async () => {
    await sql(statements.drift)
    const page = await served.open(`${home}/copies/customers-to-warehouse`)
    await page.getByRole('tab', { name: 'Definition' }).click()
    await page.getByText('is added', { exact: true }).waitFor()
    // What was typed is not dropped unasked, by another part of the page either.
    await page.getByLabel('Title').fill('Customers')
    await page.getByRole('tab', { name: 'Runs' }).click()
    await page.getByRole('dialog', { name: 'Leave without saving?' }).getByRole('button', { name: 'Cancel' }).click()
    expect(await page.getByLabel('Title').inputValue()).toBe('Customers')
    await page.getByLabel('Title').fill('')
    await page.getByRole('button', { name: 'Save and run' }).click()
    await page.getByRole('cell', { name: 'city' }).waitFor()
  })

  it('that fail say why and lead to what is wrong, and are run again when it is put right', async () => {
    const params = { path: { id: project.id } }
    const { host, port, user } = postgres
    const config = { host, port, user, password: 'outdated' }
    await served.api.post('/api/projects/{id}/connections', {
      params,
      body: { name: 'outdated', connector: 'postgres', config },
    })
    const from = { connection: 'outdated', table: 'shop.customers' }
    await served.api.put('/api/projects/{id}/copies/{name}', {
      params: { path: { id: project.id, name: 'late' } },
      body: { config: { from, to: { connection: 'warehouse', table: 'late' } } as never },
    })
    const page = await served.open(`${home}/copies/late`)
    await page.getByRole('button', { name: 'Run now' }).first().click()
    const failure = page.getByRole('alert').filter({ hasText: 'The copy failed' })
    await failure.getByText(/Correct the user or the password/).waitFor()
    await expectAccessible(page)
    await failure.getByRole('link', { name: 'Source: outdated' }).click()
    await page.getByRole('textbox', { name: 'Password' }).fill(postgres.password)
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Saved.').waitFor()
    await page.goBack()
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByText('Proof: same number of rows', { exact: true }).waitFor()
    await page
      .getByText(/ rows\/s$/)
      .first()
      .waitFor()
  })

  it('are watched while they run, with their rows per second', async () => {
    const page = await served.open(`${home}/copies/new?from=shop`)
    await page.getByText('Query', { exact: true }).click()
    await page.getByRole('textbox', { name: 'Query' }).fill(statements.slowQuery)
    await choose(page, 'Copy to', /^warehouse/)
    await page.getByLabel('Table there').fill('main.slow')
    await page.getByText('The table can be copied.').waitFor()
    await page.getByRole('button', { name: 'Save and run' }).click()
    await page.getByRole('img', { name: /^Rows per second: .* now/ }).waitFor()
    await page.getByRole('button', { name: 'Show as table' }).click()
    await page.getByRole('table', { name: 'Rows per second' }).waitFor()
    await page.getByText('Proof: same number of rows', { exact: true }).waitFor()

    await page.goto(`${served.url}/copies`)
    await page
      .getByRole('row', { name: /^slow-to-warehouse/ })
      .getByText(/^proof: same number of rows/)
      .waitFor()
    await expectAccessible(page)
  })

  it('are shown to a viewer, who can change nothing', async () => {
    const page = await served.openAs(viewer, '/')
    await served.api.patch('/api/data/projects/{project_id}/members', {
      params: { path: { project_id: project.id } },
      body: [{ id: viewer.id, role: 'viewer' }],
    })
    // In the list of all places, by a part of the name, and by the search of everything.
    await page.goto(`${served.url}/connections`)
    await page.getByRole('link', { name: 'warehouse' }).waitFor()
    await page.getByRole('searchbox', { name: 'Search names and descriptions' }).fill('SHO')
    await page.waitForURL(/q=SHO/)
    await page.getByRole('link', { name: 'warehouse' }).waitFor({ state: 'detached' })
    await page.getByRole('link', { name: 'shop', exact: true }).waitFor()
    await page.keyboard.press('Control+k')
    await page.getByRole('textbox', { name: 'Search, or say what to do' }).fill('warehou')
    await page.getByRole('button', { name: 'warehouse acme/shop' }).click()
    await page.getByRole('heading', { level: 2, name: 'warehouse' }).waitFor()
    await page.goto(`${served.url}/connections?q=shop`)
    await page.getByRole('link', { name: 'shop', exact: true }).click()
    await page.getByText(/You may see these settings/).waitFor()
    expect(await page.getByRole('button', { name: 'Test', exact: true }).count()).toBe(0)
    expect(await page.getByRole('tab', { name: 'Tables and files' }).count()).toBe(0)
    expect(await page.getByLabel('Host').isDisabled()).toBe(true)
    await page.goto(`${served.url}${home}/copies`)
    await page.getByRole('link', { name: 'customers-to-warehouse' }).click()
    await page.getByText('Proof: equal', { exact: true }).waitFor()
    expect(await page.getByRole('button', { name: 'Run now' }).count()).toBe(0)
    expect(await page.getByRole('tab', { name: 'Definition' }).count()).toBe(0)
    await page.goto(`${served.url}${home}/copies/new`)
    await page.getByText('You may not copy data here').waitFor()
  })
})

/** Picks an entry of a list that is searched by typing. */
async function choose(page: Page, label: string, option: RegExp): Promise<void> {
  await page.getByRole('combobox', { name: label }).click()
  await page.getByRole('option', { name: option }).click()
}
