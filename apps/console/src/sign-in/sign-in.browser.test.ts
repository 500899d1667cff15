import { expect, it } from 'vitest'
import { expectAccessible, useConsole } from '../testing/browser.fixture.ts'
import { deployPackage } from '../testing/deploy-package.ts'

const served = useConsole({ people: true })

it('signs the administrator in by the link of "millrace dev", and everybody else at the issuer', async () => {
  const page = await served.open('/')
  await page.getByRole('link', { name: 'Workflows' }).waitFor()
  await page.getByRole('link', { name: 'Administration' }).waitFor()
  await expectAccessible(page)

  const other = await served.openAs({ id: 'ada', firstName: 'Ada', lastName: 'Lovelace', email: 'ada@example.com' })
  await other.getByRole('button', { name: 'Ada' }).waitFor()
  expect(await other.getByRole('link', { name: 'Administration' }).count()).toBe(0)
})

it('leads whoever is not signed in to where they sign in, and back', async () => {
  const page = await served.openAs({ id: 'ada', firstName: 'Ada' }, '/runs')
  await page.getByRole('button', { name: 'Ada' }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  // The issuer signs its own session out as well.
  await page.waitForURL((url) => url.origin !== served.url)
  await page.goto(`${served.url}/runs`)
  await page.waitForURL(/\/sign-in\?to=/)
  await expectAccessible(page)
  await page.getByRole('link', { name: 'Sign in' }).click()
  await page.waitForURL(`${served.url}/runs`)
})

it('tells whoever loses access to what is open, and asks to sign in again whose session was ended', async () => {
  const { api, dev } = served
  const page = await served.openAs({ id: 'ada', firstName: 'Ada' })
  const other = await served.openAs({ id: 'bob', firstName: 'Bob', email: 'bob@example.com' }, '/runs')
  await api.post('/api/data/groups', { body: { name: 'Crew', slug: 'crew' } })
  const { id: project_id, slug } = await api.post('/api/data/projects', {
    body: { name: 'Lab', namespace: 'crew', visibility: 'private' },
  })
  const member = { id: 'ada', role: 'viewer' as const }
  await api.patch('/api/data/projects/{project_id}/members', { params: { path: { project_id } }, body: [member] })
  const lab = {
    'package.json': JSON.stringify({ name: 'lab', version: '1.0.0', dependencies: { '@millrace/workflow': '*' } }),
    'workflows/quiet.ts': `
import { Task, Workflow } from '@millrace/workflow'
export class Rest extends Task { run() {} }
export const quiet = new Workflow({ category: 'lab', name: 'quiet', version: '1.0.0' }).addNode(Rest, { id: 'rest' })`,
  }
  await deployPackage(dev, lab, '--project', `crew/${slug}`)
  const workflow = { path: { workflow: 'lab_quiet' } }
  const run = await api.post('/api/workflows/{workflow}/runs', { params: workflow, body: {} })
  await page.goto(`${served.url}/runs/${run.id}`)
  await page.getByRole('heading', { name: `Run ${run.id}` }).waitFor()
  for (const one of [page, other]) await one.locator('header [data-state="live"]').waitFor()
  await api.delete('/api/auth/users/{user_id}/sessions', { params: { path: { user_id: 'bob' } } })
  await api.delete('/api/data/projects/{project_id}/members/{member_id}', {
    params: { path: { project_id, member_id: 'ada' } },
  })
  await page.getByText('You no longer have access to this, or it was removed').waitFor()
  await page.getByText('There is nothing here').waitFor()
  await other.getByRole('dialog', { name: 'Your session has ended' }).waitFor()
})
