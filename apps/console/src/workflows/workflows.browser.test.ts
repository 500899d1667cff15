import { expect, it } from 'vitest'
import { expectAccessible, useConsole } from '../testing/browser.fixture.ts'
import { deployPackage } from '../testing/deploy-package.ts'
import { firstVersion, secondVersion } from './workflows-package.fixture.ts'

const served = useConsole({ people: true })
const name = 'bank_accounts'
const at = (part: string) => `/workflows/${name}${part}`
const namespace = 'bank'
const slug = 'bank'

it('says how a workflow comes here, and finds it by what the address says', async () => {
  const page = await served.open('/workflows')
  await page.getByRole('heading', { name: 'No workflows yet' }).waitFor()
  await page.getByText(/millrace deploy/).waitFor()
  await expectAccessible(page)

  await served.api.post('/api/data/groups', { body: { name: 'Bank', slug: namespace } })
  await served.api.post('/api/data/projects', { body: { name: 'Bank', namespace, slug, visibility: 'private' } })
  await deployPackage(served.dev, firstVersion, '--project', `${namespace}/${slug}`)
  await deployPackage(served.dev, secondVersion, '--project', `${namespace}/${slug}`)
  await page.reload()
  await page.getByRole('link', { name: 'Accounts of the bank' }).waitFor()
  await page.getByText(/At 06:00, on day 1 of the month/).waitFor()
  await page.getByRole('textbox', { name: 'Search by name' }).fill('nothing-like-it')
  await page.getByRole('heading', { name: 'No workflow is like this' }).waitFor()
  await page.waitForURL(/search=nothing-like-it/)
  await page.getByRole('link', { name: 'Show all' }).click()
  await page.getByRole('button', { name: 'Only with the tag ledger' }).click()
  await page.waitForURL(/tag=ledger/)
  await page.getByRole('link', { name: 'Accounts of the bank' }).click()
  await page.getByRole('heading', { name: 'Accounts of the bank', level: 1 }).waitFor()
  // What people write is text.
  await page.getByText('<script>alert(1)</script>').waitFor()
  await expectAccessible(page)
})

it('pauses at once, and says so everywhere', async () => {
  const page = await served.open(at('/schedule'))
  const toggle = page.getByRole('switch', { name: `Runs of ${name} by its schedule` })
  await page.getByText('The next fire times', { exact: true }).waitFor()
  await toggle.press('Space')
  await page.getByText('The next fire times, if it were not paused').waitFor()
  expect((await served.api.get('/api/workflows/{workflow}', { params: { path: { workflow: name } } })).paused).toBe(
    true,
  )
  await toggle.press('Space')
  await page.getByText('The next fire times', { exact: true }).waitFor()
})

it('shows fire times on the clock of the schedule, over the change of clocks', async () => {
  const page = await served.open(at('/schedule'))
  const table = page.getByRole('table', { name: 'The next fire times' })
  await table.waitFor()
  const rows = await table.locator('tbody tr').allInnerTexts()
  expect(rows).toHaveLength(10)
  for (const row of rows) expect(row).toMatch(/-01 06:00 \+0[12]:00/)
  await table
    .getByText(/clocks change before it, \+0[12]:00 to \+0[12]:00/)
    .first()
    .waitFor()
  await expectAccessible(page)
})

it('refuses params of a wrong type beside their field, and goes to the run that it starts', async () => {
  const page = await served.open(at('/trigger'))
  const count = page.getByRole('textbox', { name: 'count' })
  await count.fill('501')
  await page.getByRole('button', { name: 'Start the run' }).click()
  await page.getByText(/500/).first().waitFor()
  await expectAccessible(page)
  expect(page.url()).toContain('/trigger')
  await count.fill('7')
  // Another version takes over what was typed.
  await page.getByRole('button', { name: 'Version, logical date, key and priority' }).click()
  await page.getByRole('textbox', { name: 'Key' }).fill('the seventh')
  await page.getByRole('combobox', { name: 'Version' }).click()
  await page.getByRole('option', { name: '1.0.0' }).click()
  await page.waitForURL(/version=1\.0\.0/)
  await page.getByRole('button', { name: 'Start the run' }).waitFor()
  expect(await count.inputValue()).toBe('7')
  expect(await page.getByRole('textbox', { name: 'Key' }).inputValue()).toBe('the seventh')
  await page.getByRole('textbox', { name: 'Key' }).fill('')
  await page.getByText('JSON', { exact: true }).click()
  const json = page.getByRole('textbox', { name: 'Params' })
  expect(JSON.parse(await json.inputValue())).toMatchObject({ count: 7 })
  await json.fill('{"count": "seven"}')
  await page.getByRole('button', { name: 'Start the run' }).click()
  await page.getByText(/count/).first().waitFor()
  await json.fill('[')
  await page.getByRole('button', { name: 'Start the run' }).click()
  await page.getByText(/This is not JSON/).waitFor()
  await json.fill('{"count": 9}')
  await page.getByRole('button', { name: 'Start the run' }).click()
  await page.waitForURL(/\/runs\/\d+/)
  const run = page.url().match(/\/runs\/(\d+)/)?.[1] ?? ''
  expect((await served.api.get('/api/runs/{run}', { params: { path: { run } } })).params).toMatchObject({ count: 9 })
})

it('triggers a run and reads its log by the keyboard alone', async () => {
  const page = await served.open('/workflows')
  await page.getByRole('link', { name: `Trigger ${name}` }).waitFor()
  const tabTo = async (isThere: () => Promise<boolean>) => {
    for (let presses = 0; presses < 80 && !(await isThere()); presses++) await page.keyboard.press('Tab')
    expect(await isThere()).toBe(true)
  }
  const isFocused = (role: string, label: string | RegExp) => async () =>
    await page
      .getByRole(role as 'link', { name: label })
      .first()
      .evaluate((element) => element === document.activeElement)
      .catch(() => false)
  await tabTo(isFocused('link', `Trigger ${name}`))
  await page.keyboard.press('Enter')
  await page.getByRole('textbox', { name: 'count' }).waitFor()
  await tabTo(isFocused('textbox', 'count'))
  await page.keyboard.type('42')
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/runs\/\d+/)
  const graph = page.getByRole('application')
  await graph.waitFor()
  await tabTo(isFocused('application', /./))
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('Enter')
  await page.getByText('42 accounts are fetched').first().waitFor()
})

it('shows the graph of any version by mouse, keyboard and as a table', async () => {
  const page = await served.open(at('/graph?version=1.0.0'))
  const graph = page.getByRole('application', { name: /Graph of bank_accounts 1\.0\.0/ })
  await graph.locator('[data-node="notify"]').click()
  await page.getByRole('region', { name: 'Node notify' }).waitFor()
  await page.waitForURL(/node=notify/)
  await graph.press('ArrowLeft')
  await page.getByText('store, task, 1 before, 1 after').waitFor({ state: 'attached' })
  await graph.press('Enter')
  await page.getByRole('region', { name: 'Node store' }).waitFor()
  await page.getByRole('button', { name: 'notify' }).click()
  await page.waitForURL(/node=notify/)
  await page.getByText('List', { exact: true }).click()
  const table = page.getByRole('table', { name: /Graph of bank_accounts/ })
  await table.getByRole('button', { name: 'fetch' }).first().click()
  await page.getByRole('region', { name: 'Node fetch' }).waitFor()
  await expectAccessible(page)
})

it('tells what differs between two versions', async () => {
  const page = await served.open(at('/versions'))
  const changes = page.getByRole('list', { name: 'What changed' })
  await changes.getByText('Nodes added: check').waitFor()
  await changes.getByText('Nodes removed: notify').waitFor()
  await changes.getByText('store changed: options.retries').waitFor()
  const graph = page.getByRole('application')
  await graph.locator('[data-node="check"][data-mark="added"]').waitFor()
  await graph.locator('[data-node="notify"][data-mark="removed"]').waitFor()
  await graph.locator('[data-node="store"][data-mark="changed"]').waitFor()
  await page
    .getByRole('region', { name: 'Manifests of 1.0.0 and 1.1.0' })
    .getByText(/"retries": 4/)
    .waitFor()
  await expectAccessible(page)
  await page.getByRole('radio', { name: 'Compare from 1.1.0' }).click()
  await page.getByText('Choose two versions').waitFor()
})

it('shows what a backfill would make before it makes it, and how far it is', async () => {
  const page = await served.open(at('/backfills'))
  await page.getByRole('link', { name: 'New backfill' }).click()
  await page.getByRole('textbox', { name: 'First day' }).fill('2026-03-01')
  await page.getByRole('textbox', { name: 'Last day' }).fill('2026-02-01')
  await page.getByText('The last day is before the first.').waitFor()
  await page.getByRole('textbox', { name: 'Last day' }).fill('2026-05-15')
  await page.getByRole('button', { name: 'Preview' }).click()
  // Without the param that has no default.
  await page.getByRole('alert').getByText(/count/).waitFor()
  await page.getByRole('textbox', { name: 'Params' }).fill('{"count": 3}')
  await page.getByRole('button', { name: 'Preview' }).click()
  await page.getByText('3 ticks').waitFor()
  await page.getByText(/None has a run already\. 3 runs are made\./).waitFor()
  const ticks = page.getByRole('table', { name: 'The first ticks' })
  await ticks.getByText('Sun 2026-03-01 06:00 +01:00').waitFor()
  await ticks.getByText('Wed 2026-04-01 06:00 +02:00').waitFor()
  await expectAccessible(page)
  await page.getByRole('button', { name: 'Start 3 runs' }).click()
  const list = page.getByRole('table', { name: 'Backfills' })
  await list.getByText('3 of 3').waitFor()
  await list.getByText('success').waitFor()
  await expectAccessible(page)

  await page.goto(`${served.url}${at('/backfills/new')}`)
  await page.getByRole('textbox', { name: 'First day' }).fill('2026-03-01')
  await page.getByRole('textbox', { name: 'Last day' }).fill('2026-05-15')
  await page.getByRole('textbox', { name: 'Params' }).fill('{"count": 3}')
  await page.getByRole('button', { name: 'Preview' }).click()
  await page.getByText('There is nothing to run.').waitFor()
})

it('offers nothing that starts or changes to whoever may only look', async () => {
  const viewer = { id: 'vera', firstName: 'Vera', email: 'vera@example.com' }
  const first = await served.openAs(viewer, '/workflows')
  await first.getByRole('heading', { name: 'No workflows yet' }).waitFor()
  const project = await served.api.get('/api/data/namespaces/{namespace}/projects/{slug}', {
    params: { path: { namespace, slug } },
  })
  await served.api.patch('/api/data/projects/{project_id}/members', {
    params: { path: { project_id: project.id } },
    body: [{ id: 'vera', role: 'viewer' }],
  })
  await first.reload()
  await first.getByRole('link', { name: 'Accounts of the bank' }).waitFor()
  expect(await first.getByRole('link', { name: /Trigger/ }).count()).toBe(0)
  expect(await first.getByRole('switch').count()).toBe(0)
  await first.goto(`${served.url}${at('/trigger')}`)
  await first.getByText('You may not start runs of this workflow').waitFor()
  expect(await first.getByRole('link', { name: 'Settings' }).count()).toBe(0)
  await first.goto(`${served.url}${at('/backfills/new')}`)
  await first.getByText('No backfill can be made here').waitFor()
})

it('moves a workflow to another project and removes it, once its name was typed', async () => {
  const page = await served.open(at('/settings'), { colorScheme: 'dark' })
  await served.api.post('/api/data/projects', { body: { name: 'Ledger', namespace, visibility: 'private' } })
  await page.reload()
  await page.getByRole('combobox', { name: 'Move to' }).fill('ledg')
  await page.getByRole('option', { name: 'bank / Ledger' }).click()
  await expect.poll(() => page.getByRole('combobox', { name: 'Move to' }).inputValue()).toBe('bank / Ledger')
  await page.getByRole('button', { name: 'Move', exact: true }).click()
  await page.getByRole('link', { name: 'Ledger' }).waitFor()
  await expectAccessible(page)
  const remove = page.getByRole('button', { name: 'Remove the workflow' })
  expect(await remove.isDisabled()).toBe(true)
  await page.getByRole('textbox', { name: `Type ${name} to be sure` }).fill(name)
  await remove.click()
  const dialog = page.getByRole('dialog', { name: `Remove ${name}?` })
  await dialog.getByText(/cannot be taken back/).waitFor()
  await dialog.getByRole('button', { name: 'Remove the workflow' }).click()
  await page.getByRole('heading', { name: 'No workflows yet' }).waitFor()
  await page.goto(`${served.url}${at('')}`)
  await page.getByRole('heading', { name: 'There is nothing here' }).waitFor()
})
