import { createClient } from '@millrace/client'
import { expect, it } from 'vitest'
import { useConsole } from '../testing/browser.fixture.ts'

const served = useConsole({ people: true })
const ada = { id: 'ada', firstName: 'Ada', lastName: 'Lovelace', email: 'ada@example.com' }

it('has nothing on the pages of administrators for anybody else', async () => {
  const page = await served.openAs(ada, '/admin/tokens')
  await page.getByRole('heading', { name: 'There is nothing here' }).waitFor()
  for (const path of ['/admin', '/admin/audit', '/admin/compute', '/admin/secrets']) {
    await page.goto(`${served.url}${path}`)
    await page.getByRole('heading', { name: 'There is nothing here' }).waitFor()
    expect(await page.getByRole('table').count()).toBe(0)
  }
})

it('shows a worker token once, which then is only known by its name and can be revoked', async () => {
  const page = await served.open('/admin/tokens')
  await page.getByRole('button', { name: 'New worker token' }).first().click()
  const dialog = page.getByRole('dialog', { name: 'New worker token' })
  await dialog.getByRole('button', { name: 'Make the token' }).click()
  // Nothing is sent without a name.
  await dialog.getByText('This is needed.').waitFor()
  await dialog.getByLabel('Name').fill('cluster one')
  await dialog.getByRole('button', { name: 'Make the token' }).click()
  const token = (await page.locator('[data-shown-once]').textContent()) ?? ''
  expect(token.length).toBeGreaterThan(20)
  await page.reload()
  await page.getByRole('cell', { name: 'cluster one', exact: true }).waitFor()
  expect(await page.content()).not.toContain(token)

  await page.getByRole('button', { name: 'Revoke the token cluster one' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()
  await page.getByText('revoked', { exact: true }).waitFor()
})

it('changes the slots of a pool, shows what the server refuses, and has the change in the audit log', async () => {
  const page = await served.open('/admin/queues')
  await page.getByRole('button', { name: 'New pool' }).click()
  let dialog = page.getByRole('dialog', { name: 'New pool' })
  await dialog.getByLabel('Name').fill('warehouse')
  await dialog.getByLabel('Slots').fill('3')
  await dialog.getByRole('button', { name: 'Make the pool' }).click()
  await page.getByLabel('Slots of warehouse: 0 of 3').waitFor()

  await page.getByRole('button', { name: 'Edit the pool warehouse' }).click()
  dialog = page.getByRole('dialog', { name: 'Edit the pool warehouse' })
  await dialog.getByLabel('Slots').fill('5')
  // What was typed is not dropped by a key that was meant for something else.
  await page.keyboard.press('Escape')
  const question = page.getByRole('dialog', { name: 'Close without saving?' })
  await question.waitFor()
  await page.keyboard.press('Escape')
  await question.waitFor({ state: 'detached' })
  expect(await dialog.getByLabel('Slots').inputValue()).toBe('5')
  await dialog.getByRole('button', { name: 'Save' }).click()
  await page.getByLabel('Slots of warehouse: 0 of 5').waitFor()
  const { slots } = await served.api.get('/api/pools/{pool}', { params: { path: { pool: 'warehouse' } } })
  expect(slots).toBe(5)

  await page.getByRole('link', { name: 'Audit' }).click()
  await page.getByRole('combobox', { name: 'Kind of thing' }).fill('pool')
  await page.getByRole('option', { name: 'pool', exact: true }).click()
  await page.getByRole('button', { name: 'Filter' }).click()
  await page.waitForURL(/entity=pool/)
  await page.getByRole('button', { name: /pool changed/ }).click()
  const fields = page.getByRole('table', { name: 'Fields' })
  await fields.locator('del', { hasText: '3' }).waitFor()
  await fields.locator('ins', { hasText: '5' }).waitFor()
})

it('tells everybody of an incident, and keeps what was typed when somebody else changes the banner meanwhile', async () => {
  const page = await served.open('/admin/platform')
  const text = page.getByLabel('Text')
  await text.fill('[!CAUTION] The warehouse is away.')
  await page.getByRole('region', { name: 'Severe incident' }).getByText('The warehouse is away.').waitFor()
  const { etag } = await served.api.get('/api/data/platform/config')
  const params = { header: { 'If-Match': etag } }
  await served.api.patch('/api/data/platform/config', { params, body: { incident_banner: 'Another word.' } })
  await page.getByRole('button', { name: 'Save the banner' }).click()
  await page.getByText('Somebody else changed it in between').waitFor()
  await page.getByRole('button', { name: 'Read it again and keep what I typed' }).click()
  await page.getByText('Somebody else changed it in between').waitFor({ state: 'hidden' })
  expect(await text.inputValue()).toBe('[!CAUTION] The warehouse is away.')
  await page.getByRole('button', { name: 'Save the banner' }).click()
  await page.getByRole('button', { name: 'Take it down' }).waitFor()

  const other = await served.openAs(ada, '/')
  await other.getByRole('region', { name: 'Severe incident' }).getByText('The warehouse is away.').waitFor()

  await page.getByRole('button', { name: 'Take it down' }).click()
  await page.getByText('The banner is taken down.').waitFor()
})

it('makes a resource pool with classes, and lets a person in by the e-mail address', async () => {
  const page = await served.open('/admin/compute')
  await page.getByRole('button', { name: 'New resource pool' }).first().click()
  const dialog = page.getByRole('dialog', { name: 'New resource pool' })
  await dialog.getByLabel('Name').first().fill('Analysts')
  await dialog.getByRole('button', { name: 'Make the pool' }).click()
  await page.getByRole('link', { name: 'Analysts' }).click()
  await page.getByRole('cell', { name: 'small proposed' }).waitFor()

  await page.getByRole('button', { name: 'Add a member' }).click()
  const adding = page.getByRole('dialog', { name: 'Add a member' })
  await adding.getByLabel('Who').fill('nobody@example.com')
  await adding.getByRole('button', { name: 'Add', exact: true }).click()
  await adding.getByText('Nobody here has the e-mail address nobody@example.com').waitFor()
  await adding.getByLabel('Who').fill('ada@example.com')
  await adding.getByRole('button', { name: 'Add', exact: true }).click()
  await page.getByRole('cell', { name: 'ada@example.com', exact: true }).waitFor()

  await page.getByRole('button', { name: 'Run sessions by FirecREST' }).click()
  const remote = page.getByRole('dialog', { name: 'Run sessions by FirecREST' })
  await remote.getByLabel('Address of the API').fill('no address')
  await remote.getByLabel('Name of the system').fill('daint')
  await remote.getByRole('button', { name: 'Save' }).click()
  await remote
    .getByText(/has to be an address/)
    .first()
    .waitFor()
  await remote.getByLabel('Address of the API').fill('https://firecrest.example.com')
  await remote.getByRole('button', { name: 'Save' }).click()
  const elsewhere = page.getByRole('region', { name: 'System elsewhere' })
  await elsewhere.getByText('daint').waitFor()
  await page.getByRole('button', { name: 'Run sessions of the pool here again' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Run here' }).click()
  await page.getByRole('button', { name: 'Run sessions by Run:ai' }).waitFor()
})

it('runs a background job now and shows what came of it', async () => {
  const [job] = await served.api.get('/api/jobs')
  const name = job?.name ?? ''
  const page = await served.open('/admin/jobs')
  await page.getByRole('button', { name: `Run now: ${name}` }).click()
  await page.getByText(`The job ${name} is about to run.`).waitFor()
  await page.getByRole('link', { name, exact: true }).click()
  await page.getByRole('table', { name: `Runs of ${name}` }).waitFor()
})

it('keeps secrets and variables of the platform, and never shows a secret again', async () => {
  const page = await served.open('/admin/secrets')
  const answers: string[] = []
  page.on('response', (response) => {
    if (response.url().includes('/api/platform/secrets'))
      void response.text().then(
        (text) => answers.push(text),
        () => {},
      )
  })
  await page.getByRole('button', { name: 'New secret' }).first().click()
  const dialog = page.getByRole('dialog', { name: 'New secret' })
  await dialog.getByLabel('Name').fill('production/warehouse/loader/write')
  await dialog.getByLabel('Value').fill('the-hidden-value')
  await dialog.getByRole('button', { name: 'Keep the secret' }).click()
  await page.getByText('production/warehouse/loader/write', { exact: true }).waitFor()
  expect(answers.length).toBeGreaterThan(1)
  expect(answers.join('') + (await page.content())).not.toContain('the-hidden-value')

  await page.getByRole('link', { name: 'Variables' }).click()
  await page.getByRole('button', { name: 'New variable' }).first().click()
  const setting = page.getByRole('dialog', { name: 'New variable' })
  await setting.getByLabel('Name').fill('regions')
  await setting.getByLabel('Value').fill('["eu", "us"]')
  await setting.getByRole('button', { name: 'Set the variable' }).click()
  await page.getByText('["eu","us"]').waitFor()
  const { value } = await served.api.get('/api/variables/{variable}', { params: { path: { variable: 'regions' } } })
  expect(value).toEqual(['eu', 'us'])
})

it('says how the server and what it leans on are', async () => {
  const page = await served.open('/admin')
  const leansOn = page.getByRole('region', { name: 'What it leans on' })
  await leansOn.getByText(/^PostgreSQL \d/).waitFor()
  await leansOn.getByText('Written, read and removed').waitFor()
  expect(await leansOn.getByText('failed', { exact: true }).count()).toBe(0)
  await page.getByRole('region', { name: 'Schedulers' }).getByText('active', { exact: true }).waitFor()
})

it('finds a person by a part of the name, signs him out of his browser, and removes him after asking', async () => {
  const his = await served.openAs({ ...ada, id: 'bob', firstName: 'Bob', email: 'bob@example.com' }, '/account')
  await his.getByRole('table', { name: 'Where you are signed in' }).getByText('this one').waitFor()
  const page = await served.open('/admin/users')
  await page.getByRole('searchbox', { name: 'Search names and e-mail addresses' }).fill('bob love')
  await page.waitForURL(/search=bob/)
  await page.getByRole('cell', { name: 'bob@example.com', exact: true }).waitFor()
  await page.getByRole('link', { name: 'Bob Lovelace' }).click()
  await page.getByRole('button', { name: 'Sign out Chrome on Linux' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('heading', { name: 'Signed in nowhere' }).waitFor()
  await his.reload()
  await his.waitForURL(/sign-in/)

  await page.getByRole('link', { name: 'made by this person' }).click()
  await page.waitForURL(/actor=bob/)
  await page.getByRole('combobox', { name: 'Who' }).and(page.locator('[value^="Bob Lovelace"]')).waitFor()
  await page.goBack()
  await page.getByRole('button', { name: 'Remove Bob Lovelace' }).click()
  const question = page.getByRole('dialog')
  await question.getByRole('button', { name: 'Cancel' }).click()
  await page.getByRole('button', { name: 'Remove Bob Lovelace' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click()
  await page.waitForURL(/admin\/users$/)
  await page.getByRole('cell', { name: 'ada@example.com', exact: true }).waitFor()
  await page.getByRole('cell', { name: 'bob@example.com', exact: true }).waitFor({ state: 'detached' })
})

it('makes a token for a person that works, is shown once, and is refused once it is revoked', async () => {
  const page = await served.openAs(ada, '/account')
  await page.getByRole('button', { name: 'New token' }).first().click()
  const dialog = page.getByRole('dialog', { name: 'New token' })
  await dialog.getByLabel('Name').fill('notebook')
  await dialog.getByLabel('It may').selectOption({ label: 'read what you may read' })
  await dialog.getByRole('button', { name: 'Make the token' }).click()
  const token = (await page.locator('[data-shown-once]').textContent()) ?? ''
  const asAda = createClient({ url: served.url, token })
  expect((await asAda.get('/api/data/user')).email).toBe('ada@example.com')
  await expect(asAda.post('/api/data/user/secrets', { body: { name: 'x', value: 'y' } })).rejects.toThrow()
  await page.getByRole('button', { name: 'I have copied it' }).click()
  expect(await page.content()).not.toContain(token)

  await page.getByRole('button', { name: 'Revoke the token notebook' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()
  await page.getByRole('heading', { name: 'No tokens yet' }).waitFor()
  await expect(asAda.get('/api/data/user')).rejects.toThrow()
})
