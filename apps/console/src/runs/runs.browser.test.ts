import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { expectAccessible, useConsole } from '../testing/browser.fixture.ts'
import { deployPackage } from '../testing/deploy-package.ts'

const served = useConsole({ people: true })
const flights = fileURLToPath(new URL('../../../../examples/flights', import.meta.url))
const ada = { id: 'ada', firstName: 'Ada', lastName: 'Lovelace', email: 'ada@example.com' }
const bob = { id: 'bob', firstName: 'Bob', lastName: 'Noble', email: 'bob@example.com' }

const lab = {
  'package.json': JSON.stringify({
    ...{ name: 'lab', version: '1.0.0', type: 'module' },
    dependencies: { '@millrace/workflow': '*' },
  }),
  'workflows/lab.ts': `
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Task, type TaskContext, Workflow } from '@millrace/workflow'

export class ReadOrders extends Task {
  static override readonly connections = ['shelf']
  async run({ connections, log }: TaskContext) {
    const { values } = await connections.get('shelf')
    log.error(\`looking for orders.csv in \${values.path} <img src=x onerror=alert(1)>\`)
    if (!existsSync(join(String(values.path), 'orders.csv'))) throw new Error(\`There is no orders.csv in \${values.path}.\`)
    return { orders: 3 }
  }
}
export class Sum extends Task { run() { return { sum: 42 } } }
export class Second extends Task {
  static override readonly retries = 1
  static override readonly retryDelaySeconds = 3600
  run({ task }: TaskContext) { if (task.attempt === 1) throw new Error('The network is away.') }
}
export const patient = new Workflow({ category: 'lab', name: 'patient', version: '1.0.0' })
  .addNode(Second, { id: 'second' })
export const repair = new Workflow({ category: 'lab', name: 'repair', version: '1.0.0', defaults: { retries: 0 } })
  .addNode(ReadOrders, { id: 'read' })
  .addNode(Sum, { id: 'sum', upstreams: 'read' })
export const grouped = new Workflow({ category: 'lab', name: 'grouped', version: '1.0.0' })
  .group('both', { title: 'Both sums' }, (both) => both.addNode(Sum, { id: 'one' }).addNode(Sum, { id: 'two' }))

/** Says something at once, then a line whenever its file of words grows. */
export class Talk extends Task {
  async run({ heartbeat, log, params, signal }: TaskContext<{ folder: string }>) {
    for (let line = 1; line <= 3000; line++) {
      if (line % 100 === 0) log.warn(\`line \${line} is special\`, { line })
      else log.info(\`line \${line}\`)
    }
    for (let word = 1; !existsSync(join(params.folder, 'enough')); word++) {
      log.info(\`word \${word}\`)
      heartbeat({ done: word, unit: 'words' })
      await sleep(100, undefined, { signal })
    }
    log.info('the last word')
  }
}
import { z } from '@millrace/workflow'
export const talk = new Workflow({ category: 'lab', name: 'talk', version: '1.0.0', params: z.object({ folder: z.string() }) })
  .addNode(Talk, { id: 'talk' })
`,
}

beforeAll(async () => {
  const { dev, api } = served
  const lake = join(dev.folder, 'lake')
  await mkdir(lake)
  // A person is there once they have signed in.
  for (const person of [ada, bob]) await (await served.openAs(person)).close()
  await api.post('/api/data/groups', { body: { name: 'Crew', slug: 'crew' } })
  const made = await api.post('/api/data/projects', {
    body: { name: 'Lab', namespace: 'crew', visibility: 'private' },
  })
  await api.patch('/api/data/projects/{project_id}/members', {
    params: { path: { project_id: made.id } },
    body: [{ id: 'bob', role: 'viewer' }],
  })
  const params = { path: { id: made.id } }
  const connections = [
    { name: 'lake', connector: 'files', config: { path: `${lake}/` } },
    { name: 'warehouse', uri: `duckdb://${join(dev.folder, 'flights.duckdb')}` },
    { name: 'shelf', connector: 'files', config: { path: join(dev.folder, 'empty') } },
  ]
  for (const body of connections) await api.post('/api/projects/{id}/connections', { params, body })
  await deployPackage(dev, lab, '--project', `crew/${made.slug}`)
  await dev.run('deploy', flights, '--project', `crew/${made.slug}`)
})

async function start(workflow: string, params: Record<string, unknown> = {}): Promise<string> {
  return (await served.api.post('/api/workflows/{workflow}/runs', { params: { path: { workflow } }, body: { params } }))
    .id
}

const badge = (page: Page, state: string) => page.getByRole('main').locator(`[data-state="${state}"]`).first()

describe('a failing task is found, understood, repaired and run again', () => {
  it('by other parameters: flights turn green live, with their rows per second', async () => {
    const failed = await start('flights_daily', { day: '2020-02-02' })
    const page = await served.open('/runs?state=failed')
    await page.getByRole('link', { name: failed, exact: true }).click()
    await badge(page, 'failed').waitFor()
    const first = page.getByRole('alert', { name: 'What failed first' })
    await first.getByText('ExtractDay failed: NO_FLIGHTS').waitFor()
    await first.getByText('The sample has no flights on 2020-02-02').waitFor()
    await first.getByRole('link', { name: 'Open its log' }).click()
    await page.waitForURL(/[?&]part=log/)
    const panel = page.getByRole('dialog')
    await panel.getByText('NO_FLIGHTS').waitFor()
    await panel.getByText('The sample has no flights on 2020-02-02').first().waitFor()
    await panel.getByText('correct the data').waitFor()
    await page.keyboard.press('Escape')
    await panel.waitFor({ state: 'detached' })

    await page.getByRole('button', { name: 'More actions' }).click()
    await page.getByRole('menuitem', { name: 'Run again with other parameters' }).click()
    const form = page.getByRole('dialog')
    await form.getByLabel('day', { exact: false }).first().fill('2001-01-03')
    // What was typed is not dropped by a key that was meant for something else.
    await page.keyboard.press('Escape')
    await page.getByRole('dialog', { name: 'Close without saving?' }).getByRole('button', { name: 'Cancel' }).click()
    await form.getByRole('button', { name: 'Start' }).click()
    await page.waitForURL((url) => !url.pathname.endsWith(`/${failed}`))
    await page.getByRole('link', { name: 'Tasks', exact: true }).click()
    // Nothing is loaded again: the server tells what changed.
    await badge(page, 'success').waitFor()
    await expect.poll(async () => await page.getByRole('row', { name: /success/ }).count()).toBe(5)

    await page.getByRole('button', { name: 'load', exact: true }).click()
    await page.getByRole('tab', { name: 'Output' }).click()
    const tables = page.getByRole('table', { name: 'Tables' })
    await tables.getByRole('columnheader', { name: 'Rows/s' }).waitFor()
    await tables.getByText('16,948').waitFor()
    await expectAccessible(page)
  })

  it('by a connection, then a retry of what failed; viewers see it and change nothing', async () => {
    const run = await start('lab_repair')
    const page = await served.open(`/runs/${run}/tasks`)
    await badge(page, 'failed').waitFor()
    const path = new URL(page.url()).pathname
    const viewer = await served.openAs(bob, path)
    await page.getByRole('button', { name: 'read', exact: true }).click()
    const panel = page.getByRole('dialog')
    await panel
      .getByText(/There is no orders.csv in/)
      .first()
      .waitFor()
    // What a task writes stays text.
    await panel.getByText('<img src=x onerror=alert(1)>').waitFor()
    await expectAccessible(page)
    await panel.getByRole('link', { name: 'shelf' }).click()

    await page
      .getByLabel('path', { exact: false })
      .first()
      .fill(`${join(served.dev.folder, 'full')}/`)
    await mkdir(join(served.dev.folder, 'full'))
    await writeFile(join(served.dev.folder, 'full', 'orders.csv'), 'id\n1\n')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Saved.').waitFor()
    await page.goBack()
    await page.getByRole('button', { name: 'Retry…' }).click()
    await page.getByText('These 2 tasks are done again').waitFor()
    await expectAccessible(page)
    await page.getByRole('button', { name: 'Do them again' }).click()
    await page.getByRole('combobox', { name: 'Attempt' }).waitFor()
    await expect
      .poll(async () => await page.getByRole('combobox', { name: 'Attempt' }).inputValue())
      .toContain('Attempt 2')
    await page.keyboard.press('Escape')
    await badge(page, 'success').waitFor()

    // The viewer saw it live, and is offered nothing.
    await badge(viewer, 'success').waitFor()
    expect(await viewer.getByRole('button', { name: /Retry|Cancel|More actions/ }).count()).toBe(0)
    await viewer.getByRole('button', { name: 'read', exact: true }).click()
    await viewer.getByRole('tab', { name: 'Log' }).waitFor()
    expect(await viewer.getByRole('button', { name: /Do again|Mark/ }).count()).toBe(0)
    // For whoever is no member there is no such run.
    const stranger = await served.openAs(ada, path)
    await stranger.getByText('There is nothing here').waitFor()
  })

  it('by a mark with a note, where it need not run, and by a try before its time', async () => {
    const run = await start('lab_repair')
    await served.api.post('/api/runs/{run}/cancel', { params: { path: { run } } })
    const page = await served.open(`/runs/${run}/tasks`)
    await page.getByRole('button', { name: 'read', exact: true }).click()
    await page.getByRole('button', { name: 'Mark…' }).click()
    await page.getByLabel('Note').fill('the orders came by mail')
    await page.getByRole('button', { name: 'Mark as success' }).click()
    await page.getByText('marked as success: the orders came by mail').first().waitFor()
    // Escape is for what is on top, which the dialog is until it is gone.
    await page.getByLabel('Note').waitFor({ state: 'detached' })
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await badge(page, 'success').waitFor()
    await page.getByRole('link', { name: 'Events' }).click()
    await page.getByText('marked as success: the orders came by mail').first().waitFor()
    await expectAccessible(page)

    const patient = await start('lab_patient')
    await page.goto(`${served.url}/runs/${patient}/tasks`)
    await page.getByText(/^waiting until .*: retry 1 of 1 after: The network is away/).waitFor()
    await page.getByRole('button', { name: 'second', exact: true }).click()
    await page.getByRole('button', { name: 'Try now' }).click()
    await page.getByRole('button', { name: 'Try now' }).waitFor({ state: 'detached' })
    await page.getByRole('dialog').locator('[data-state="success"]').first().waitFor()
  })
})

it('says in the grid how far a task is, and follows its log as it grows, until one scrolls up; finds, links and filters lines by keys', async () => {
  const folder = join(served.dev.folder, 'talk')
  await mkdir(folder)
  const run = await start('lab_talk', { folder })
  const page = await served.open('/workflows/lab_talk')
  const grid = page.getByRole('grid', { name: /Tasks and runs/ })
  await grid.focus()
  await page.keyboard.press('ArrowDown')
  await page.getByText(new RegExp(`^talk in run ${run}: \\d+ words, .* words/s$`)).waitFor()
  await page.keyboard.press('Enter')
  const log = page.getByRole('region', { name: 'Log of attempt 1' })
  await log
    .getByText(/^word \d+$/)
    .last()
    .waitFor()
  await page.getByText('Following').waitFor()
  await log.focus()
  await page.keyboard.press('g')
  await log.getByText('line 1', { exact: true }).waitFor()
  await page.getByRole('button', { name: /new lines?, go to the end/ }).waitFor()
  await expectAccessible(page)

  await page.keyboard.press('/')
  await page.keyboard.type('special')
  await page.getByText('30 lines').waitFor()
  await page.keyboard.press('Enter')
  await page.getByText('1 of 30 lines').waitFor()
  await page.waitForURL(/[?&]find=special#L100$/)
  await log.getByText('special').first().waitFor()
  await log.focus()
  await page.keyboard.press('n')
  await page.waitForURL(/#L200$/)
  await page.keyboard.press('N')
  await page.waitForURL(/#L100$/)
  await page.getByLabel('Search the log').press('Escape')
  await page.getByText('1 of 30 lines').waitFor({ state: 'detached' })

  await page.getByRole('button', { name: 'Levels' }).click()
  for (const level of ['debug', 'info', 'error']) await page.getByRole('checkbox', { name: level }).click()
  await page.getByText(/^30 of 3,\d+ lines/).waitFor()
  await page.waitForURL(/[?&]levels=/)
  const sought = new URL(page.url())
  await page.getByRole('button', { name: 'Show everything' }).click()
  await page.keyboard.press('Escape')
  await writeFile(join(folder, 'enough'), '')
  await log.focus()
  await page.keyboard.press('G')
  await log.getByText('the last word').waitFor()
  await page.getByText('Following').waitFor({ state: 'detached' })

  const address = page.url().replace(/#.*$/, '#L1500')
  await page.goto('about:blank')
  await page.goto(address)
  await page.getByRole('region', { name: 'Log of attempt 1' }).getByText('line 1500 is special').waitFor()
  sought.searchParams.set('find', 'SPECIAL')
  sought.hash = ''
  await page.goto(sought.href)
  await page.getByText(/^30 of 3,\d+ lines/).waitFor()
  await page.getByText('1 of 30 lines').waitFor()
})

it('shows a run as graph, Gantt chart and in comparison, and many in a grid and a list', async () => {
  const first = await start('lab_repair')
  const second = await start('lab_repair')
  const page = await served.open(`/runs/${second}`)
  await badge(page, 'success').waitFor()
  await page.getByText('2 nodes').waitFor()
  await expectAccessible(page)
  await page.getByRole('link', { name: 'Gantt' }).click()
  const chart = page.getByRole('listbox', { name: /Gantt chart/ })
  await chart.getByRole('option', { name: /^read, .*attempt 1 success/ }).waitFor()
  await expectAccessible(page)
  await chart.focus()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await page.getByRole('dialog').getByText('sum').first().waitFor()
  await page.getByRole('tab', { name: 'Details' }).click()
  await page.getByText(/millrace run lab_repair --only sum --date/).waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('link', { name: 'Compare' }).click()
  await page.getByRole('table', { name: 'Tasks of both runs' }).waitFor()
  await page.getByRole('button', { name: 'Compare the outputs of sum' }).click()
  await page.getByText('Output: the same on both sides.').waitFor()
  await expectAccessible(page)

  // Groups are closed and opened by keys alone.
  await page.goto(`${served.url}/workflows/lab_grouped/graph`)
  await page.getByRole('application', { name: /Graph of lab_grouped/ }).focus()
  await page.getByRole('button', { name: 'Close the group Both sums' }).waitFor()
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await page.getByText('Both sums, closed group of 2 nodes').waitFor({ state: 'attached' })
  await page.keyboard.press('Enter')
  await page.getByText('both.one, task').waitFor({ state: 'attached' })
  await expectAccessible(page)

  await page.goto(`${served.url}/workflows/lab_repair`)
  const grid = page.getByRole('grid', { name: /Tasks and runs/ })
  await grid.focus()
  await page.keyboard.press('ArrowDown')
  await page.getByText(new RegExp(`^read in run ${second} .*success`)).waitFor()
  await page.keyboard.press('ArrowLeft')
  await page.getByText(new RegExp(`^read in run ${first} `)).waitFor()
  await page.keyboard.press('Enter')
  await page.waitForURL(new RegExp(`/runs/${first}\\?task=\\d+$`))
  await page.goBack()
  // The newest run is the last; its cells are drawn, and found by where they are.
  const columns = Number(await grid.getAttribute('aria-colcount')) - 1
  await grid.click({ position: { x: 240 + (columns - 0.5) * 26, y: 76 + 12 } })
  await page.waitForURL(new RegExp(`/runs/${second}\\?task=\\d+$`))

  // Rubbish in an address is left out, and what is chosen there is kept.
  await page.goto(`${served.url}/runs?state=nonsense&workflow=lab_repair&before=-3`)
  await page.getByRole('checkbox', { name: `Choose run ${first}` }).click()
  await page.getByText('1 chosen').waitFor()
  // A run that comes meanwhile does not push the list away.
  const third = await start('lab_repair')
  await page.getByRole('button', { name: 'Show 1 newer run' }).click()
  await page.getByRole('link', { name: third, exact: true }).waitFor()
  await page.getByRole('button', { name: 'Choose none' }).click()
  await expectAccessible(page)
  // A year is typed digit by digit; the rest of the moment stays meanwhile.
  await page.goto(`${served.url}/runs?from=2026-01-05T09:30:00.000Z`)
  const from = page.getByLabel('For dates from')
  await from.focus()
  for (const key of ['ArrowRight', 'ArrowRight', '2', '0', '2', '5']) await page.keyboard.press(key)
  await page.waitForURL(/from=[^&]*2025-01-05T09/)
  expect(await from.inputValue()).toBe('2025-01-05T10:30')
  await page.goto(`${served.url}/runs/999999`)
  await page.getByText('There is nothing here').waitFor()
  await page.goto(`${served.url}/runs/${first}?task=999999`)
  await page.getByText('Not found').waitFor()
})
