import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { expectAccessible, useConsole } from '../testing/browser.fixture.ts'
import { ada, bob, type PipelineWorld, pipelineWorld, vera } from './pipelines.fixture.ts'

const served = useConsole({ people: true })
const project = '/projects/acme/shop/pipelines'

let world: PipelineWorld
beforeAll(async () => {
  if (served.dev !== undefined) world = await pipelineWorld(served)
})

const column = (page: Page, state: string) => page.getByRole('region', { name: `State ${state}` })
const changesOf = async (page: Page) =>
  await page.getByRole('dialog').getByRole('region', { name: 'What changes' }).getByRole('listitem').allInnerTexts()

it('an editor builds a pipeline from templates by mouse, activates it, and sees its run turn green', async () => {
  const page = await served.openAs(ada, project)
  await page.getByRole('link', { name: 'shared' }).waitFor()
  await expectAccessible(page)
  await page.getByRole('link', { name: 'New pipeline' }).click()
  await page.getByRole('heading', { name: 'New pipeline' }).waitFor()
  await page.getByLabel(/^Name/).fill('weekly')
  // Neither the client nor the brand nor the type is there yet.
  await page.getByRole('button', { name: 'New brand' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Client').fill('globex')
  await dialog.getByText('There is no client globex yet').waitFor()
  await dialog.getByLabel(/^Name/).fill('shiny')
  await dialog.getByRole('button', { name: 'Add the brand' }).click()
  await dialog.waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'New type' }).click()
  await dialog.getByLabel(/^Name/).fill('returns')
  await dialog.getByRole('button', { name: 'Add the pipeline type' }).click()
  await dialog.waitFor({ state: 'detached' })
  await page.getByLabel('Runs by itself').selectOption('weekly')
  await expectAccessible(page)
  await page.getByRole('button', { name: 'Make the pipeline' }).click()
  await page.getByRole('heading', { name: 'weekly', level: 1 }).waitFor()
  await page.getByText('globex / shiny').waitFor()

  // Something is missing until it is typed.
  await page.getByRole('button', { name: 'Add a transformation to raw' }).click()
  await page.getByRole('button', { name: 'Add clean' }).click()
  await dialog.getByText('The template "clean" needs the variable "table"').waitFor()
  await dialog.getByLabel('table').fill('weekly_raw')
  await dialog.getByText('needs the variable').waitFor({ state: 'detached' })
  await dialog.getByRole('button', { name: 'Done' }).click()
  await column(page, 'raw').getByText('table = weekly_raw').waitFor()

  // Something wrong is named beside the field while it is typed.
  await page.getByRole('button', { name: 'Add a transformation to ingest' }).click()
  await page.getByRole('button', { name: 'Add since' }).click()
  await dialog.getByLabel('days').fill('3')
  await dialog.getByLabel('since').fill('yesterday')
  await dialog
    .getByText(/"since".*YYYY-MM-DD|since.*yesterday/)
    .first()
    .waitFor()
  await dialog.getByRole('button', { name: 'Close' }).click()
  await page.getByRole('alert').getByRole('button', { name: 'since of ingest' }).click()
  await dialog.getByLabel('since').fill('2026-01-31 06:00:00')
  await dialog.getByRole('button', { name: 'Done' }).click()
  await page.getByText('no problems').waitFor()
  const graph = page.getByRole('region', { name: 'Compiled graph' })
  await graph.getByText('5 nodes').waitFor()

  // Dragged to another state, taken back, done again; and refused where its template may not stand.
  await drag(page, 'since', 'ingest', 'master')
  await column(page, 'master').getByText('days = 3').waitFor()
  await page.getByRole('button', { name: 'Undo' }).click()
  await column(page, 'ingest').getByText('days = 3').waitFor()
  await page.keyboard.press('Control+Shift+Z')
  await column(page, 'master').getByText('days = 3').waitFor()

  await page.getByText('2 changes not saved').waitFor()
  await page.getByRole('button', { name: 'Review and save' }).click()
  await expect
    .poll(async () => (await changesOf(page)).join('\n'))
    .toMatch(/Adds "clean" to raw[\s\S]*Adds "since" to master/)
  await dialog.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByText('weekly is saved').waitFor()
  await page.getByRole('button', { name: 'Activate' }).click()
  await page.getByText(/weekly is active\. It runs next/).waitFor()
  await page.getByRole('button', { name: 'Run now' }).click()
  await page.waitForURL(/\/runs\/\d+/)
  await page.locator('main [data-state="success"]').first().waitFor()
  await page.goto(`${served.url}/pipelines?client=globex`)
  await page.getByRole('link', { name: 'Last run of weekly: success' }).waitFor()
  expect(await page.getByRole('link', { name: 'shared' }).count()).toBe(0)
})

it('the same goes by the keyboard alone', async () => {
  const { id } = await world.pipeline('typed')
  const page = await served.openAs(ada, `/pipelines/${id}`)
  const enter = async (name: string) => await page.getByRole('button', { name, exact: true }).press('Enter')
  await enter('Add a transformation to ingest')
  await page.getByLabel('Find a template').waitFor()
  await page.keyboard.type('anew')
  await page.keyboard.press('Backspace')
  await page.keyboard.press('Control+A')
  await page.keyboard.type('clean')
  await page.getByRole('button', { name: 'Add since' }).waitFor({ state: 'detached' })
  await page.keyboard.press('Enter')
  await page.getByRole('dialog').getByLabel('table').press('End')
  await page.keyboard.type('typed_raw')
  await page.keyboard.press('Enter')
  await page.getByRole('dialog').waitFor({ state: 'detached' })

  const said = page.locator('[role="status"][aria-live="assertive"]', { hasText: 'clean' })
  await page.getByRole('button', { name: 'Move clean of ingest', exact: true }).press(' ')
  await said.getByText('Picked up clean in ingest, place 1 of 1.').waitFor()
  await page.keyboard.press('ArrowLeft')
  await column(page, 'raw').getByText('table = typed_raw').waitFor()
  await page.keyboard.press('Escape')
  await column(page, 'ingest').getByText('table = typed_raw').waitFor()
  await said.getByText('Taken back').waitFor()
  await page.keyboard.press(' ')
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press(' ')
  await said.getByText('Dropped clean in enhance').waitFor()
  await page.keyboard.press('Control+Z')
  await column(page, 'ingest').getByText('table = typed_raw').waitFor()

  await page.getByText('no problems').waitFor()
  await enter('Review and save')
  await expect.poll(async () => await changesOf(page)).toHaveLength(1)
  await page.getByRole('dialog').getByRole('button', { name: 'Save', exact: true }).press('Enter')
  await page.getByText('typed is saved').waitFor()
  await enter('Activate')
  await page.getByText(/typed is active/).waitFor()
  await enter('Run now')
  await page.waitForURL(/\/runs\/\d+/)
  await page.locator('main [data-state="success"]').first().waitFor()
})

it('two editors keep what both changed', async () => {
  const { id } = await world.pipeline('shared')
  const [first, second] = [
    await served.openAs(ada, `/pipelines/${id}`),
    await served.openAs(bob, `/pipelines/${id}?tab=settings`),
  ]
  await second.getByLabel('Description').fill('Of Bob')
  await first.getByRole('button', { name: 'clean of raw', exact: true }).click()
  await first.getByRole('dialog').getByLabel('table').fill('of_ada')
  await first.getByRole('dialog').getByRole('button', { name: 'Done' }).click()
  await saveAll(first)
  await first.getByText('shared is saved').waitFor()

  await second.getByText('1 change not saved').waitFor()
  await saveAll(second)
  await second.getByRole('alert').getByText('Ada Lovelace').waitFor()
  expect(await second.getByLabel('Description').inputValue()).toBe('Of Bob')
  await expectAccessible(second)
  await second.getByRole('button', { name: 'Put my changes on top' }).click()
  await second.getByText('1 change not saved').waitFor()
  await saveAll(second)
  await second.getByText('shared is saved').waitFor()
  expect(await world.pipeline('shared')).toMatchObject({
    description: 'Of Bob',
    transformations: [{ variables: { table: 'of_ada' } }, {}],
  })
})

it('a viewer sees the board and cannot change it', async () => {
  const { id } = await world.pipeline('shared')
  for (const colorScheme of ['light', 'dark'] as const) {
    const page = await served.openAs(vera, `/pipelines/${id}`, { colorScheme })
    await column(page, 'raw')
      .getByText(/table = /)
      .waitFor()
    await page.getByText('You may look at this pipeline, but not change it.').waitFor()
    await page.getByRole('region', { name: 'Compiled graph' }).getByText('5 nodes').waitFor()
    for (const name of [/^Add/, /^Move/, 'Activate', 'Run now', 'Undo', 'Review and save']) {
      expect(await page.getByRole('button', { name }).count()).toBe(0)
    }
    await page.getByRole('button', { name: 'clean of raw', exact: true }).click()
    await expect.poll(async () => await page.getByRole('dialog').getByLabel('table').isDisabled()).toBe(true)
    await expectAccessible(page)
  }
  const page = await served.openAs(vera, project, { width: 390 })
  await page.getByRole('link', { name: 'shared' }).waitFor()
  expect(await page.getByRole('link', { name: 'New pipeline' }).count()).toBe(0)
})

it('templates say whom they change, and configuration is applied after its plan is seen', async () => {
  const page = await served.openAs(ada, `${project}/templates`, { colorScheme: 'dark' })
  await page.getByRole('link', { name: 'clean' }).waitFor()
  await expectAccessible(page)
  await page.getByRole('link', { name: 'New template' }).click()
  await page.getByRole('heading', { name: 'New template' }).waitFor()
  await page.getByLabel(/^Name/).fill('count_rows')
  await page.getByRole('combobox', { name: /^Operator/ }).fill('sql')
  await page.getByRole('option', { name: /\(sql\)/ }).click()
  await page.getByLabel('Configuration').fill('{ "connection": "warehouse", "sql": "select {{ variables.most }}" ')
  await page.getByText('This is no JSON').waitFor()
  await page.getByLabel('Configuration').fill('{ "connection": "warehouse", "sql": "select {{ variables.most }}" }')
  await page.getByRole('button', { name: 'Declare most' }).click()
  await page.getByLabel('Kind of most').selectOption('int')
  await page.getByRole('region', { name: 'Preview of the form' }).getByLabel('most').fill('5')
  await expectAccessible(page)
  await page.getByRole('button', { name: 'Add the template' }).click()
  await page.getByRole('link', { name: 'count_rows' }).waitFor()
  await page.getByRole('link', { name: 'clean' }).click()
  await page.getByText(/pipelines? uses? it/).waitFor()
  await page.getByLabel('Configuration').fill('{ "connection": "warehouse" }')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('alert').getByText('This was not saved').waitFor()
  await expectAccessible(page)

  await page.goto(`${served.url}${project}/catalogue`)
  await page.getByRole('button', { name: 'Change wonder' }).click()
  await page.getByRole('dialog').getByLabel('Display name').fill('Wonder, really')
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click()
  await page.getByText('Wonder, really').waitFor()
  await page.getByRole('button', { name: 'Remove wonder' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click()
  await page.getByText('That did not work').waitFor()
  await expectAccessible(page)

  await page.goto(`${served.url}${project}/code`)
  await page.getByRole('region', { name: 'Configuration as YAML' }).getByText('Wonder, really').waitFor()
  const field = page.getByLabel('Configuration as YAML to apply')
  await field.fill('pipelines: [')
  await page.getByRole('button', { name: 'Show what would change' }).click()
  await page.getByText('The configuration cannot be used').waitFor()
  await field.fill('format: 1\nsegments: [{ name: wholesale }]\n')
  await page.getByRole('button', { name: 'Show what would change' }).click()
  await page.getByText('wholesale', { exact: true }).waitFor()
  await expectAccessible(page)
  await page.getByRole('button', { name: 'Apply' }).click()
  await page.getByText('1 change is applied').waitFor()
  await page.getByRole('region', { name: 'Configuration as YAML' }).getByText('wholesale').waitFor()
})

it('a viewer looks into a dataset by filters, and downloads what fits', async () => {
  const { id } = await world.pipeline('stored')
  const page = await served.openAs(vera, `/pipelines/${id}?tab=datasets`)
  await page.getByRole('link', { name: /^run \d+$/ }).waitFor()
  await page.getByRole('link', { name: 'sales', exact: true }).click()
  const rows = page.getByRole('region', { name: 'First rows of sales' })
  await rows.getByRole('cell', { name: 'DE', exact: true }).waitFor()
  await page.getByText('3 rows in 2 files').waitFor()

  await page.getByLabel('Column', { exact: true }).selectOption('country')
  await page.getByRole('combobox', { name: 'Values' }).fill('FR')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Filter', exact: true }).click()
  await rows.getByRole('cell', { name: 'DE', exact: true }).waitFor({ state: 'detached' })
  await page.getByLabel('Column', { exact: true }).selectOption('amount')
  await page.getByLabel('Comparison').selectOption('>')
  await page.getByLabel('Value', { exact: true }).fill('many')
  await page.keyboard.press('Enter')
  await page.getByRole('alert').getByText('"many" is not a value of').waitFor()
  await page.getByRole('button', { name: 'Remove: amount is more than many' }).click()
  await rows.getByRole('cell', { name: 'FR', exact: true }).first().waitFor()
  await expectAccessible(page)

  // The address has the filters.
  await page.reload()
  await page.getByText('country is FR').waitFor()
  await page.getByRole('button', { name: 'Download what fits' }).click()
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('menuitem', { name: 'CSV' }).click(),
  ])
  expect(download.suggestedFilename()).toBe('sales.csv')
  const text = await readFile(await download.path(), 'utf8')
  expect(text.split('\n').map((line) => line.split(',').slice(0, 2).join(','))).toEqual([
    ...['country,amount', 'FR,2', 'FR,3', ''],
  ])
})

async function saveAll(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Review and save' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Save', exact: true }).click()
}

async function drag(page: Page, title: string, from: string, to: string): Promise<void> {
  const start = await column(page, from).getByText(title, { exact: true }).boundingBox()
  const end = await column(page, to).boundingBox()
  if (start === null || end === null) throw new Error('There is nothing to drag.')
  await page.mouse.move(start.x + start.width / 2, start.y + start.height / 2)
  await page.mouse.down()
  await page.mouse.move(end.x + 10, end.y + 50, { steps: 4 })
  await page.mouse.move(end.x + end.width / 2, end.y + 60, { steps: 4 })
  await page.mouse.up()
}
