import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { publishedDoi, startFakeRegistry } from '../data/fake-registry.fixture.ts'
import { useConsole } from '../testing/browser.fixture.ts'
import { startFakeService } from './fake-service.fixture.ts'

// The fakes are on this machine, where the server connects to nothing by itself.
const registry = await startFakeRegistry()
afterAll(async () => await registry[Symbol.asyncDispose]())
const served = useConsole({
  people: true,
  env: { MILLRACE_ALLOWED_ADDRESSES: '127.0.0.1', MILLRACE_DATACITE_URL: registry.url },
})
const ada = { id: 'ada', firstName: 'Ada', lastName: 'Lovelace', email: 'ada@example.com' }
const eve = { id: 'eve', firstName: 'Eve', email: 'eve@example.com' }
const shop = '/projects/acme/shop'

beforeAll(async () => {
  await served.api.post('/api/data/groups', { body: { name: 'Acme', slug: 'acme' } })
  await served.api.post('/api/data/projects', {
    body: {
      ...{ name: 'Shop', namespace: 'acme', slug: 'shop', visibility: 'public' },
      repositories: ['https://git.example.invalid/acme/shop'],
    },
  })
})

/** What the server says to the pages, to be searched for what it must not say. */
function answersOf(page: Page): () => string {
  const answers: string[] = []
  page.on('response', (response) => {
    if (response.url().includes('/api/'))
      void response.text().then(
        (text) => answers.push(text),
        () => {},
      )
  })
  return () => answers.join('\n')
}

it('keeps a secret of a person, replaces its value and removes it, and never shows it', async () => {
  const page = await served.openAs(ada, '/secrets')
  const answers = answersOf(page)
  await page.getByRole('button', { name: 'New secret' }).first().click()
  const dialog = page.getByRole('dialog', { name: 'New secret' })
  await dialog.getByLabel('Name').fill('GitLab password')
  await dialog.getByLabel('Value').fill('first-hidden-value')
  await dialog.getByRole('button', { name: 'Keep the secret' }).click()
  await page.getByRole('button', { name: 'Change GitLab password' }).click()
  const change = page.getByRole('dialog', { name: 'Change GitLab password' })
  await change.getByLabel('New value').fill('second-hidden-value')
  await change.getByLabel('Good until').fill('2030-01-31')
  await change.getByRole('button', { name: 'Save' }).click()
  await page.getByText(/31 Jan/).waitFor()
  expect(answers()).toContain('GitLab password')
  expect(answers() + (await page.content())).not.toMatch(/(first|second)-hidden-value/)

  await page.getByRole('button', { name: 'Remove GitLab password' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
  await page.getByRole('heading', { name: 'No secrets' }).waitFor()
})

it('offers changes of a project to those who may make them only, and lets everybody fill slots with own secrets', async () => {
  const page = await served.open(`${shop}/secrets`)
  await page.getByRole('button', { name: 'New secret' }).first().click()
  const dialog = page.getByRole('dialog', { name: 'New secret' })
  await dialog.getByLabel('Name').fill('production/api/shop/read')
  await dialog.getByLabel('Value').fill('a-hidden-value')
  await dialog.getByRole('button', { name: 'Keep the secret' }).click()
  await page.getByText('production/api/shop/read', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'New slot' }).click()
  const slot = page.getByRole('dialog', { name: 'New slot' })
  await slot.getByLabel('Name').fill('Database password')
  await slot.getByLabel('File').fill('db_password')
  await slot.getByRole('button', { name: 'Add the slot' }).click()
  await page.getByRole('cell', { name: 'Database password', exact: true }).waitFor()

  const other = await served.openAs(eve, `${shop}/secrets`)
  const answers = answersOf(other)
  await other.getByRole('button', { name: 'Fill Database password' }).click()
  expect(await other.getByRole('button', { name: 'New secret' }).count()).toBe(0)
  expect(await other.getByText('production/api/shop/read').count()).toBe(0)
  const fill = other.getByRole('dialog', { name: 'Fill Database password' })
  await fill.getByLabel('New value').fill('of-eve-alone')
  await fill.getByRole('button', { name: 'Fill the slot' }).click()
  await other.getByText('filled', { exact: true }).waitFor()
  expect(answers()).not.toContain('of-eve-alone')
  // For the administrator it is empty still.
  await page.reload()
  await page.getByText('empty', { exact: true }).waitFor()
})

it('sets a variable of a project, as JSON', async () => {
  const page = await served.open(`${shop}/variables`)
  await page.getByRole('button', { name: 'New variable' }).first().click()
  const dialog = page.getByRole('dialog', { name: 'New variable' })
  await dialog.getByLabel('Name').fill('regions')
  await dialog.getByLabel('Value').fill('{"eu": 2}')
  await dialog.getByRole('button', { name: 'Set the variable' }).click()
  await page.getByText('{"eu":2}').waitFor()
  const other = await served.openAs(eve, `${shop}/variables`)
  await other.getByRole('heading', { name: 'Shop' }).waitFor()
  expect(await other.getByRole('button', { name: 'New variable' }).count()).toBe(0)
})

it('makes a launcher from an environment, and asks for one where none is given', async () => {
  const page = await served.open(`${shop}/sessions`)
  await page.getByRole('button', { name: 'New launcher' }).first().click()
  const dialog = page.getByRole('dialog', { name: 'New launcher' })
  await dialog.getByLabel('Name').first().fill('Explore')
  await dialog.getByRole('button', { name: 'Make the launcher' }).click()
  await dialog.getByText('Choose an environment, or give a container image.').waitFor()
  await dialog.getByLabel('Container image').fill('images.example.com/notebook:2')
  await dialog.getByRole('button', { name: 'Make the launcher' }).click()
  await page.getByText('images.example.com/notebook:2').waitFor()
  await page.goto(`${served.url}/sessions`)
  await page.getByRole('cell', { name: 'Explore' }).first().waitFor()
})

it('sets up a data connector, whose secrets are kept for the person and shown to nobody', async () => {
  const page = await served.open(`${shop}/data/new?type=s3&provider=AWS`)
  const answers = answersOf(page)
  await page.getByLabel('Name').first().fill('Lake')
  await page.getByLabel('Mounted at').fill('lake')
  await page.getByLabel('Folder there').fill('bucket/raw')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.waitForURL(/\/data$/)
  await page.getByText('Lake', { exact: true }).waitFor()
  expect(answers()).toContain('bucket/raw')

  // Changed by two at once: what both changed is kept.
  await page.getByRole('link', { name: 'Lake' }).click()
  await page.getByRole('heading', { name: 'Change it' }).waitFor()
  await page.getByLabel('Folder there').fill('bucket/clean')
  const [lake] = await served.api.get('/api/data/data_connectors')
  await served.api.patch('/api/data/data_connectors/{data_connector_id}', {
    params: { path: { data_connector_id: lake?.id ?? '' }, header: { 'If-Match': lake?.etag ?? '' } },
    body: { description: 'Of somebody else' },
  })
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('button', { name: 'Read it again and keep what I typed' }).click()
  await page.getByText('Of somebody else').first().waitFor()
  expect(await page.getByLabel('Folder there').inputValue()).toBe('bucket/clean')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('Lake is saved').waitFor()
  await page.getByRole('region', { name: 'Where the data are' }).getByText('bucket/clean').waitFor()
  await page.getByRole('region', { name: 'Projects that mount it' }).getByText('this project').waitFor()
  await page.getByRole('button', { name: 'Remove Lake' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
  await page.getByRole('heading', { name: 'No data yet' }).waitFor()

  // What somebody published comes with what its publisher says of it.
  await page.getByRole('button', { name: 'Link published data' }).click()
  const published = page.getByRole('dialog', { name: 'Link published data' })
  await published.getByLabel('DOI').fill('10.5281/zenodo.1')
  await published.getByRole('button', { name: 'Link it' }).click()
  await published.getByText(/10\.5281\/zenodo\.1/).waitFor()
  await published.getByLabel('DOI').fill(`https://doi.org/${publishedDoi}`)
  await published.getByRole('button', { name: 'Link it' }).click()
  await page.getByRole('link', { name: 'Flight delays' }).waitFor()

  // What stands elsewhere is found by its name, however much there is.
  await served.api.post('/api/data/data_connectors', {
    body: {
      ...{ name: 'Weather of stations', namespace: 'acme' },
      storage: { configuration: { type: 's3', provider: 'AWS' }, source_path: 'weather', target_path: 'weather' },
    },
  })
  await page.reload()
  await page.getByRole('button', { name: 'Link a data connector' }).click()
  const existing = page.getByRole('dialog', { name: 'Link a data connector' })
  await existing.getByRole('combobox', { name: 'Data connector' }).fill('stat')
  await page.getByRole('option', { name: 'acme: Weather of stations' }).click()
  await existing.getByRole('button', { name: 'Link it' }).click()
  await page.getByRole('link', { name: 'Weather of stations' }).waitFor()
})

it('connects a service at the service itself, says when its tokens are dead, and disconnects it', async () => {
  await using service = await startFakeService()
  const admin = await served.open('/admin/services')
  await admin.getByRole('button', { name: 'New service' }).first().click()
  const dialog = admin.getByRole('dialog', { name: 'New service' })
  await dialog.getByLabel(/^Id/).fill('gitlab')
  await dialog.getByLabel(/^Name/).fill('GitLab')
  await dialog.getByLabel('Kind').selectOption({ label: 'gitlab' })
  await dialog.getByLabel('Address').fill(service.url)
  await dialog.getByLabel('Client id').fill('millrace')
  await dialog.getByRole('textbox', { name: 'Client secret' }).fill('the-client-secret')
  await dialog.getByLabel('Scope').fill('read_user')
  await dialog.getByRole('button', { name: 'Add the service' }).click()
  await admin.getByRole('button', { name: 'Edit GitLab' }).waitFor()
  expect(await admin.content()).not.toContain('the-client-secret')

  const page = await served.openAs(ada, '/services')
  // Services come back by https, as to a proxy; here there is none.
  await page.route(/^https:\/\/127\.0\.0\.1/, (route) => {
    const location = route.request().url().replace('https:', 'http:')
    return route.fulfill({ status: 302, headers: { location } })
  })
  await page.getByRole('link', { name: 'Connect GitLab' }).click()
  await page.getByRole('status').getByText('GitLab is connected').waitFor()
  await page.getByRole('link', { name: 'ada.there' }).waitFor()

  service.revoke()
  await page.reload()
  await page.getByText('The service takes the tokens no longer').waitFor()
  await page.getByRole('link', { name: 'Connect again' }).waitFor()
  await page.getByRole('button', { name: 'Disconnect GitLab' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Disconnect' }).click()
  await page.getByText('not connected', { exact: true }).waitFor()
})

it('says of a repository that it cannot be reached, and what to do', async () => {
  const page = await served.openAs(eve, '/repositories')
  await page.getByRole('link', { name: 'https://git.example.invalid/acme/shop' }).waitFor()
  await page.getByLabel('Address of a git repository').fill('no address at all')
  await page.getByRole('button', { name: 'Look' }).click()
  await page
    .getByRole('status')
    .getByText(/address/)
    .first()
    .waitFor()
})
